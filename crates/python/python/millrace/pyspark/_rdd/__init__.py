"""The operators of an RDD, by kind."""
