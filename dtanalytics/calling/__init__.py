"""Public functions as users call them: arguments are checked, errors are shown from the user's line."""
