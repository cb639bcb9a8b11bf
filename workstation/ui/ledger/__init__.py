"""The account's ledger as rows of cells: seven pages, each in fixed places. Pure: no Textual."""
