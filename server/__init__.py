"""How a row travels: socket → front → rows or pictures → predictor, and back."""
