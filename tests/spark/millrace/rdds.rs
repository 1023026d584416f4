//! Operations on the dataset of a batch, as `foreach_rdd` sees it.

use super::case::shown;

fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn length(word: &str) -> usize {
    word.chars().count()
}

/// Pairs with a text as their key.
fn table<V, const N: usize>(pairs: [(&str, V); N]) -> Vec<(String, V)> {
    let owned = pairs.map(|(key, value)| (key.to_owned(), value));
    owned.into_iter().collect()
}

case!(foreach_rdd_with_time, |case| {
    case.each_with_number(&case.numbers(), |batch, rdd| {
        vec![shown(&batch), shown(&rdd.collect())]
    });
});

case!(foreach_rdd_twice, |case| {
    let numbers = case.numbers();
    case.each(&numbers, |rdd| rdd.collect());
    case.each(&numbers.map(|x| x * x), |rdd| vec![rdd.count()]);
});

case!(rdd_collect, |case| {
    case.each(&case.three_partitions(), |rdd| rdd.collect());
});

case!(rdd_take, |case| {
    case.each(&case.three_partitions(), |rdd| {
        [0, 2, 5, 100].map(|count| rdd.take(count)).to_vec()
    });
});

case!(rdd_first, |case| {
    let first = |rdd: &millrace::Rdd<i64>| rdd.first().into_iter().collect::<Vec<_>>();
    case.each(&case.three_partitions(), first);
});

case!(rdd_count, |case| {
    case.each(&case.gap(), |rdd| vec![rdd.count()]);
});

case!(rdd_is_empty, |case| {
    case.each(&case.gap(), |rdd| vec![rdd.is_empty()]);
});

case!(rdd_partitions, |case| {
    case.each(&case.gap(), |rdd| {
        vec![rdd.partitions(), rdd.map(|x| x).partitions()]
    });
});

case!(rdd_partitions_after_shuffle, |case| {
    let pairs = case.three_partitions().map(|x| (x, 1));
    case.each(&pairs, |rdd| {
        vec![
            rdd.reduce_by_key(add).partitions(),
            rdd.group_by_key_with(5).partitions(),
            rdd.union(rdd).partitions(),
            rdd.distinct().partitions(),
            rdd.repartition(4).partitions(),
            rdd.join(rdd).partitions(),
        ]
    });
});

case!(rdd_chain, |case| {
    case.each(&case.numbers(), |rdd| {
        rdd.flat_map(|x| [x, x + 100])
            .filter(|x| x % 2 == 0)
            .map(|x| x.to_string())
            .collect()
    });
});

case!(rdd_map_partitions, |case| {
    case.each(&case.three_partitions(), |rdd| {
        let sorted = rdd.map_partitions(|items| {
            let mut items: Vec<i64> = items.collect();
            items.sort_unstable();
            [items]
        });
        sorted.collect()
    });
});

case!(rdd_glom, |case| {
    case.each(&case.gap(), |rdd| rdd.glom().collect());
});

case!(rdd_union, |case| {
    case.each(&case.numbers(), |rdd| {
        rdd.union(&rdd.map(|x| -x)).glom().collect()
    });
});

case!(rdd_distinct, |case| {
    case.each(&case.three_partitions(), |rdd| {
        rdd.distinct().glom().collect()
    });
});

// `distinct` takes no number here; this is what it does.
case!(rdd_distinct_two_partitions, |case| {
    case.each(&case.words(), |rdd| {
        let pairs = rdd.map(|word| (word, ()));
        let distinct = pairs.reduce_by_key_with(|(), ()| (), 2).keys();
        distinct.glom().collect()
    });
});

case!(rdd_zip_with_index, |case| {
    case.each(&case.three_partitions(), |rdd| {
        rdd.zip_with_index().collect()
    });
});

case!(rdd_sort_by, |case| {
    case.each(&case.three_partitions(), |rdd| {
        rdd.sort_by(|x| *x, true).collect()
    });
});

case!(rdd_sort_by_descending, |case| {
    case.each(&case.words(), |rdd| {
        rdd.sort_by(|word| length(word), false).collect()
    });
});

case!(rdd_sort_by_partitions, |case| {
    case.each(&case.long_run(), |rdd| {
        rdd.sort_by_with(|x| -x, true, 3).glom().collect()
    });
});

case!(rdd_sort_by_unicode, |case| {
    case.each(&case.unicode(), |rdd| {
        rdd.sort_by_with(String::clone, true, 1).collect()
    });
});

case!(rdd_sort_by_key, |case| {
    case.each(&case.pairs(), |rdd| rdd.sort_by_key(true).collect());
});

// `sort_by_key` takes no number here.
case!(rdd_sort_by_key_descending, |case| {
    case.each(&case.integer_keys(), |rdd| {
        rdd.sort_by_with(|(key, _)| *key, false, 2).collect()
    });
});

case!(rdd_sort_by_key_partitions, |case| {
    let pairs = case.long_run().map(|x| (x * 7 % 11, x));
    case.each(&pairs, |rdd| {
        rdd.sort_by_with(|(key, _)| *key, true, 4).glom().collect()
    });
});

case!(rdd_top, |case| {
    case.each(&case.three_partitions(), |rdd| {
        [3, 100, 1].map(|count| rdd.top(count)).to_vec()
    });
});

case!(rdd_top_by_key, |case| {
    case.each(&case.words(), |rdd| {
        vec![rdd.top_by(3, |word| length(word))]
    });
});

case!(rdd_take_ordered, |case| {
    case.each(&case.three_partitions(), |rdd| {
        vec![rdd.take_ordered(3), rdd.take_ordered_by(4, |x| -x)]
    });
});

case!(rdd_reduce, |case| {
    case.each(&case.words(), |rdd| {
        let joined = rdd.reduce(|a, b| format!("{a}-{b}"));
        joined.into_iter().collect::<Vec<_>>()
    });
});

case!(rdd_fold, |case| {
    case.each(&case.numbers(), |rdd| vec![rdd.fold(0, add)]);
});

case!(rdd_fold_zero_counts, |case| {
    case.each(&case.numbers(), |rdd| vec![rdd.fold(1000, add)]);
});

case!(rdd_aggregate, |case| {
    case.each(&case.three_partitions(), |rdd| {
        let add = |(sum, count), x| (sum + x, count + 1);
        let merge = |(sum, count), (more, times)| (sum + more, count + times);
        vec![rdd.aggregate((0, 0), add, merge)]
    });
});

case!(rdd_aggregate_in_order, |case| {
    case.each(&case.words(), |rdd| {
        let first = |text: String, word: String| text + &word[..1];
        vec![rdd.aggregate(String::new(), first, |a, b| a + "|" + &b)]
    });
});

case!(rdd_reduce_by_key, |case| {
    // Python's modulo.
    let pairs = case.three_partitions().map(|x| (x.rem_euclid(4), x));
    case.each(&pairs, |rdd| rdd.reduce_by_key(add).glom().collect());
});

case!(rdd_reduce_by_key_two_partitions, |case| {
    let ones = case.words().map(|word| (word, 1));
    case.each(&ones, |rdd| rdd.reduce_by_key_with(add, 2).collect());
});

case!(rdd_group_by_key, |case| {
    case.each(&case.letters(), |rdd| {
        let groups = rdd.group_by_key();
        groups.map_values(|values| values.to_vec()).collect()
    });
});

case!(rdd_join, |case| {
    case.each(&case.letters(), |rdd| {
        rdd.join(&rdd.map_values(|x| x + "!")).collect()
    });
});

case!(rdd_join_with_table, |case| {
    let pairs = table([
        ("anna", true),
        ("emil", false),
        ("bert", true),
        ("anna", false),
    ]);
    let table = case.ssc.parallelize_in(pairs, 3);
    case.each(&case.ages(), move |rdd| {
        rdd.join_with(&table, 2).glom().collect()
    });
});

case!(rdd_left_outer_join, |case| {
    let pairs = table([("anna", 'A'), ("fred", 'F')]);
    let table = case.ssc.parallelize_in(pairs, 1);
    case.each(&case.ages(), move |rdd| {
        rdd.left_outer_join(&table).collect()
    });
});

case!(rdd_full_outer_join, |case| {
    let pairs = table([("anna", 'A'), ("fred", 'F')]);
    let table = case.ssc.parallelize_in(pairs, 1);
    case.each(&case.ages(), move |rdd| {
        rdd.full_outer_join(&table).collect()
    });
});

case!(rdd_cogroup, |case| {
    let pairs = table([("anna", 'A'), ("fred", 'F'), ("anna", 'B')]);
    let table = case.ssc.parallelize_in(pairs, 2);
    case.each(&case.ages(), move |rdd| {
        rdd.cogroup(&table)
            .map_values(|(ages, letters)| (ages.to_vec(), letters.to_vec()))
            .collect()
    });
});

case!(rdd_keys_and_values, |case| {
    case.each(&case.pairs(), |rdd| {
        vec![shown(&rdd.keys().collect()), shown(&rdd.values().collect())]
    });
});

case!(rdd_count_by_value, |case| {
    case.each(&case.words(), |rdd| {
        let mut counts = rdd.count_by_value().collect();
        counts.sort();
        counts
    });
});

case!(rdd_foreach_accumulator, |case| {
    let total = case.ssc.accumulator(0);
    case.each(&case.numbers(), move |rdd| {
        rdd.for_each(|x| total.add(x));
        vec![total.value()]
    });
});

case!(rdd_foreach_partition_accumulator, |case| {
    let partitions = case.ssc.accumulator(0);
    case.each(&case.numbers(), move |rdd| {
        rdd.for_each_partition(|_| partitions.add(1));
        vec![partitions.value()]
    });
});
