"""The pure domain: accounts, invoices, promises, notes, the queue. No I/O."""
