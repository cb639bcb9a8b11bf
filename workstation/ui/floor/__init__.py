"""The floor board on screen: what is known of the floor, and its rows of cells. Pure: no Textual."""
