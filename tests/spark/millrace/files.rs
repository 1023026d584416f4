//! The files that `save_as_text_files` leaves on the disk.

use millrace::SaveRdd;

case!(save_prefix, |case| {
    case.numbers().save_as_text_files(&case.path("out"), "");
});

case!(save_suffix, |case| {
    let stream = case.one_partition();
    stream.save_as_text_files(&case.path("out"), "txt");
});

case!(save_empty_suffix, |case| {
    let stream = case.one_partition();
    stream.save_as_text_files(&case.path("out"), "");
});

case!(save_in_new_folder, |case| {
    let stream = case.one_partition();
    stream.save_as_text_files(&case.path("deep/er/out"), "d.x");
});

case!(save_no_partition, |case| {
    case.gap().save_as_text_files(&case.path("out"), "");
});

case!(save_pairs, |case| {
    let ones = case.words().map(|word| (word, 1));
    let counts = ones.reduce_by_key_with(|a, b| a + b, 3);
    counts.save_as_text_files(&case.path("counts"), "");
});

case!(save_text, |case| {
    let twice = case.unicode().map(|word| format!("{word}\n{word}"));
    twice.save_as_text_files(&case.path("text"), "");
});

case!(save_options, |case| {
    let stream = case.optional_numbers();
    stream.save_as_text_files(&case.path("options"), "");
});

case!(save_floats, |case| {
    case.floats().save_as_text_files(&case.path("floats"), "");
});

case!(save_window, |case| {
    let two = super::case::seconds(2);
    let window = case.numbers().window(two, two);
    window.save_as_text_files(&case.path("window"), "");
});

case!(save_hidden_files, |case| {
    case.numbers().save_as_text_files(&case.path("out"), "");
});

case!(rdd_save_as_text_file, |case| {
    let folder = case.path("batch");
    case.each_with_number(&case.numbers(), move |batch, rdd| {
        if !rdd.is_empty() {
            let pairs = rdd.map(|x| (x, -x));
            pairs
                .save_as_text_file(&format!("{folder}{batch}"))
                .unwrap();
        }
        vec![rdd.count()]
    });
});
