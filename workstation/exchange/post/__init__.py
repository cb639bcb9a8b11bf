"""The post: mails, letters and payment links, each decided by the gate and kept in the account's history."""
