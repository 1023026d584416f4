"""What ``pyspark.sql.types`` is made of."""
