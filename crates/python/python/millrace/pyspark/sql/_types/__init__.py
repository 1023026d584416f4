"""The parts of ``pyspark.sql.types``."""
