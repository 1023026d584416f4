"""State that lives from batch to batch."""

from shared import total, total_below_eight


def update_state_sum(visits):
    visits.updateStateByKey(total).pprint()


def update_state_three_partitions(visits):
    visits.updateStateByKey(total, 3).glom().pprint()


def update_state_keeps_arrival(visits):
    visits.updateStateByKey(lambda values, before: (before or []) + values).pprint()


def update_state_removes(visits):
    visits.updateStateByKey(total_below_eight).pprint()


def update_state_forgets_the_idle(visits):
    visits.updateStateByKey(lambda values, before: sum(values) if values else None).pprint()


def update_state_of_idle_keys(visits):
    visits.updateStateByKey(
        lambda values, before: (sum(values), 0) if values else (before[0], before[1] + 1)
    ).pprint()


def update_state_never_kept(visits):
    visits.updateStateByKey(lambda values, before: None).pprint()


def update_state_initial_list(visits):
    visits.updateStateByKey(total, initialRDD=[("hello", 1), ("world", 1), ("b", 5)]).pprint()


def update_state_initial_rdd(sc, visits):
    initial = sc.parallelize([("d", 10), ("x", 1), ("a", 100), ("y", 2)], 3)
    visits.updateStateByKey(total, 3, initial).glom().pprint()


def update_state_initial_duplicates(sc, visits):
    initial = sc.parallelize([("a", 100), ("b", 1), ("a", 200)], 2)
    visits.updateStateByKey(total, initialRDD=initial).pprint()


def update_state_initial_empty(visits):
    visits.updateStateByKey(total, initialRDD=[]).pprint()


def update_state_option_keys(optional_keys):
    optional_keys.updateStateByKey(total, 3).pprint()


def update_state_integer_keys(integer_keys):
    integer_keys.mapValues(lambda value: value % 7).updateStateByKey(total, 3).pprint(20)


def update_state_one_worker(words):
    words.map(lambda word: (word, 1)).updateStateByKey(total).pprint(20)


def update_state_four_workers(words):
    words.map(lambda word: (word, 1)).updateStateByKey(total).glom().pprint()


def update_state_no_partition(gap_pairs):
    gap_pairs.updateStateByKey(total).pprint()


def update_state_of_window(visits):
    visits.window(2, 2).updateStateByKey(total).pprint()


def update_state_then_join(visits, clicks):
    visits.updateStateByKey(total).join(clicks).pprint()
