"""Functions of PySpark 3.5 that are not here: whoever imports one is told so, and what to use.

Programs import functions by their names at the top. Python's own words for a name that is not there
would send their users to look for a mistake of theirs.
"""

_NAMES = frozenset("""
acosh aes_decrypt aes_encrypt aggregate approxCountDistinct approx_percentile array_agg
array_append array_compact array_except array_insert array_intersect array_position
array_prepend array_remove array_repeat array_size array_union arrays_overlap arrays_zip
asc_nulls_first asc_nulls_last asinh assert_true atan2 atanh bit_and bit_count bit_get
bit_length bit_or bit_xor bitmap_bit_position bitmap_bucket_number bitmap_construct_agg
bitmap_count bitmap_or_agg bitwiseNOT bitwise_not btrim bucket call_function call_udf
cardinality ceiling char char_length character_length contains conv convert_timezone
cosh cot count_if count_min_sketch crc32 csc curdate current_catalog current_database
current_schema current_timezone current_user date_diff date_from_unix_date date_part
dateadd datepart day days decode desc_nulls_first desc_nulls_last e elt encode endswith
equal_null every exists expm1 extract filter find_in_set first_value flatten forall
format_string from_csv from_utc_timestamp get getbit grouping grouping_id hash
histogram_numeric hll_sketch_agg hll_sketch_estimate hll_union hll_union_agg hours hypot
ilike inline inline_outer input_file_block_length input_file_block_start input_file_name
isnotnull java_method json_array_length json_object_keys json_tuple kurtosis last_value
lcase left like ln localtimestamp make_date make_dt_interval make_interval
make_timestamp make_timestamp_ltz make_timestamp_ntz make_ym_interval map_concat
map_contains_key map_entries map_filter map_from_arrays map_from_entries map_zip_with
mask mode months months_between named_struct nanvl negate negative next_day nth_value
nvl2 octet_length overlay parse_url percentile pi pmod position positive power printf
product raise_error randn reduce reflect regexp regexp_count regexp_extract_all
regexp_instr regexp_like regexp_substr regr_avgx regr_avgy regr_count regr_intercept
regr_r2 regr_slope regr_sxx regr_sxy regr_syy replace right rint rlike schema_of_csv
schema_of_json sec sentences sequence session_window sha shiftLeft shiftRight
shiftRightUnsigned shiftleft shiftright shiftrightunsigned shuffle sign sinh slice some
soundex split_part stack startswith std str_to_map substr substring_index tanh
timestamp_micros timestamp_millis timestamp_seconds toDegrees toRadians to_binary
to_char to_csv to_number to_timestamp_ltz to_timestamp_ntz to_unix_timestamp
to_utc_timestamp to_varchar transform transform_keys transform_values try_add
try_aes_decrypt try_avg try_divide try_element_at try_multiply try_subtract try_sum
try_to_binary try_to_number try_to_timestamp typeof ucase udtf unbase64 unhex unix_date
unix_micros unix_millis unix_seconds unwrap_udt url_decode url_encode user version
weekday width_bucket window window_time xpath xpath_boolean xpath_double xpath_float
xpath_int xpath_long xpath_number xpath_short xpath_string xxhash64 years zip_with
""".split())


class MissingFunction(ImportError, NotImplementedError):
    """A function that is not there: of one kind for programs that try, of another for the rest."""


def missing_function(name):
    """The error of a function of PySpark that is not there; None for any other name."""
    if name not in _NAMES:
        return None
    return MissingFunction(
        "pyspark.sql.functions.%s is not available in millrace; use a udf, or the functions that"
        " docs/SQL.md names" % name
    )
