"""What is entered on an account in place: payment, dispute, plan, settlement, address. Pure: no Textual."""
