"""The labs' sources: their rules, their skeleton, their prices and the commands about them."""
