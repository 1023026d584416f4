"""Files that saveAsTextFiles leaves on the disk. `folder` is empty when a case begins; the transcript
lists what is in it at the end."""

from shared import each_with_time


def save_prefix(folder, numbers):
    numbers.saveAsTextFiles(f"{folder}/out")


def save_suffix(folder, one_partition):
    one_partition.saveAsTextFiles(f"{folder}/out", "txt")


def save_empty_suffix(folder, one_partition):
    one_partition.saveAsTextFiles(f"{folder}/out", "")


def save_in_new_folder(folder, one_partition):
    one_partition.saveAsTextFiles(f"{folder}/deep/er/out", "d.x")


def save_no_partition(folder, gap):
    gap.saveAsTextFiles(f"{folder}/out")


def save_pairs(folder, words):
    words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b, 3).saveAsTextFiles(
        f"{folder}/counts"
    )


def save_text(folder, unicode):
    unicode.map(lambda word: word + "\n" + word).saveAsTextFiles(f"{folder}/text")


def save_options(folder, optional_numbers):
    optional_numbers.saveAsTextFiles(f"{folder}/options")


def save_floats(folder, floats):
    floats.saveAsTextFiles(f"{folder}/floats")


def save_window(folder, numbers):
    numbers.window(2, 2).saveAsTextFiles(f"{folder}/window")


def save_hidden_files(folder, numbers):
    numbers.saveAsTextFiles(f"{folder}/out")


def rdd_save_as_text_file(folder, numbers):
    def save(batch, rdd):
        if not rdd.isEmpty():
            rdd.map(lambda x: (x, -x)).saveAsTextFile(f"{folder}/batch{batch}")
        return [rdd.count()]

    each_with_time(numbers, save)
