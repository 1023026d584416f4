"""What a DataFrame is made of: relations, each of which can say itself as a query for DuckDB."""
