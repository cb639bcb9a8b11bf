"""The account's ledger as rows of cells: six pages, each in fixed places. Pure: no Textual."""
