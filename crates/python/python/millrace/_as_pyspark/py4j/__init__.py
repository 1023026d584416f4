"""The names of py4j that programs for PySpark catch. There is no JVM behind them."""
