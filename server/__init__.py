"""How a row travels: socket → door → plain, v2 → rows → predictor, and back."""
