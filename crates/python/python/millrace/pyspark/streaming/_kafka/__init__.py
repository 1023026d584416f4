"""The parts of ``pyspark.streaming.kafka``."""
