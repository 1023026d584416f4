"""Relations, of which DataFrames are made: each can say itself as a query for DuckDB."""
