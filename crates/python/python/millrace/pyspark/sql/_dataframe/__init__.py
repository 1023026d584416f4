"""The methods of a DataFrame, by kind."""
