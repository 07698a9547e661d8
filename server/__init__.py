"""How a row travels: socket → door → wire → predictor → wire."""
