"""What ``pyspark.streaming.kafka`` is made of."""
