//! Words to make texts of: as many as asked, all different, of lengths that
//! depend on the rank as they do in a language.

use std::collections::HashSet;

use crate::draw::Random;

/// The commonest words of English, most frequent first: they carry a third of
/// a running text, and their lengths decide how long its words are.
const COMMON: &str = "the of and to a in that is was he for it with as his on be at by i this had \
                      not are but from or have an they which one you were her all she there would \
                      their we him been has when who will more no if out so said what up its about \
                      into than them can only other new some could time these two may then do";

const CONSONANTS: &[u8] = b"ttttnnnnssssrrrrhhhllldddcccmmmffppggwwyybbvkjxqz";
const VOWELS: &[u8] = b"eeeeeaaaaiiiooouu";

/// `words` different words of a natural language, most frequent first.
pub(crate) fn natural(words: usize, random: &mut Random) -> Vec<Box<[u8]>> {
    let mut taken: HashSet<Box<[u8]>> = HashSet::with_capacity(words);
    let mut list: Vec<Box<[u8]>> = Vec::with_capacity(words);
    let common = COMMON
        .split_ascii_whitespace()
        .map(|word| word.as_bytes().into());
    for word in common.take(words) {
        let word: Box<[u8]> = word;
        taken.insert(word.clone());
        list.push(word);
    }
    while list.len() < words {
        let doublings = (list.len() + 1).ilog2() as usize;
        let mut length = (doublings * 2).div_ceil(5) + random.below(5) + random.below(4) - 2;
        if random.one_in(150) {
            length += 4 + random.below(6);
        }
        let word = fresh(&mut taken, length.max(2), usize::MAX, |length| {
            spoken(length, random)
        });
        list.push(word);
    }
    list
}

/// `words` different strings of 3 to 12 letters, in no relation to their rank.
pub(crate) fn letters(words: usize, random: &mut Random) -> Vec<Box<[u8]>> {
    const LENGTHS: &[usize] = &[3, 4, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 10, 11, 12];
    let mut taken: HashSet<Box<[u8]>> = HashSet::with_capacity(words);
    let mut list = Vec::with_capacity(words);
    while list.len() < words {
        let length = *random.pick(LENGTHS);
        let any = |length| (0..length).map(|_| b'a' + random.below(26) as u8).collect();
        list.push(fresh(&mut taken, length, 12, any));
    }
    list
}

/// A word that is not taken, a letter longer for every try that failed.
fn fresh(
    taken: &mut HashSet<Box<[u8]>>,
    length: usize,
    longest: usize,
    mut make: impl FnMut(usize) -> Box<[u8]>,
) -> Box<[u8]> {
    let mut length = length;
    loop {
        let word = make(length.min(longest));
        if taken.insert(word.clone()) {
            return word;
        }
        length += 1;
    }
}

fn spoken(length: usize, random: &mut Random) -> Box<[u8]> {
    let mut vowel = random.one_in(3);
    let letter = |_| {
        let letter = *random.pick(if vowel { VOWELS } else { CONSONANTS });
        vowel = !vowel || random.one_in(8);
        letter
    };
    (0..length).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::draw::Random;

    #[test]
    fn words_are_different_and_of_the_lengths_promised() {
        let words = super::letters(50_000, &mut Random::new(3));
        assert!(words.iter().all(|word| (3..=12).contains(&word.len())));
        assert_eq!(words.iter().collect::<HashSet<_>>().len(), 50_000);
        let words = super::natural(20_000, &mut Random::new(3));
        assert_eq!(words.iter().collect::<HashSet<_>>().len(), 20_000);
        assert_eq!(&*words[0], b"the");
    }
}
