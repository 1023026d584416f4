//! The length of a MessagePack value, found without decoding the value: a tool that looks for one key
//! among millions decodes that key alone.

/// The length in bytes of the value that `bytes` begin with; `None` if they begin with none.
#[inline]
#[must_use]
pub fn value_len(bytes: &[u8]) -> Option<usize> {
    // What keys and values are most of the time: small numbers and short texts.
    match *bytes.first()? {
        0x00..=0x7f | 0xe0..=0xff => Some(1),
        marker @ 0xa0..=0xbf => {
            let length = 1 + usize::from(marker & 0x1f);
            (length <= bytes.len()).then_some(length)
        }
        _ => length_of_any(bytes),
    }
}

fn length_of_any(bytes: &[u8]) -> Option<usize> {
    let mut at = 0_usize;
    // Values that are still to come; nesting takes no stack.
    let mut left = 1_u64;
    while left > 0 {
        left -= 1;
        let marker = *bytes.get(at)?;
        at += 1;
        let mut number = |width: usize| {
            let digits = bytes.get(at..at + width)?;
            at += width;
            Some(
                digits
                    .iter()
                    .fold(0_u64, |all, &digit| all << 8 | u64::from(digit)),
            )
        };
        let (skipped, values) = match marker {
            0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => (0, 0),
            0x80..=0x8f => (0, 2 * u64::from(marker & 0x0f)),
            0x90..=0x9f => (0, u64::from(marker & 0x0f)),
            0xa0..=0xbf => (u64::from(marker & 0x1f), 0),
            0xc1 => return None,
            0xc4 | 0xd9 => (number(1)?, 0),
            0xc5 | 0xda => (number(2)?, 0),
            0xc6 | 0xdb => (number(4)?, 0),
            0xc7 => (number(1)? + 1, 0),
            0xc8 => (number(2)? + 1, 0),
            0xc9 => (number(4)? + 1, 0),
            0xcc | 0xd0 => (1, 0),
            0xcd | 0xd1 => (2, 0),
            0xca | 0xce | 0xd2 => (4, 0),
            0xcb | 0xcf | 0xd3 => (8, 0),
            0xd4..=0xd8 => (1 + (1 << (marker - 0xd4)), 0),
            0xdc => (0, number(2)?),
            0xdd => (0, number(4)?),
            0xde => (0, 2 * number(2)?),
            0xdf => (0, 2 * number(4)?),
        };
        at = at.checked_add(usize::try_from(skipped).ok()?)?;
        left = left.checked_add(values)?;
        if at > bytes.len() {
            return None;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::{Deserialize, IgnoredAny};

    use super::*;

    proptest! {
        /// A decoder consumes exactly as many bytes as [`value_len`] says.
        #[test]
        fn it_is_what_a_decoder_reads(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut rest = &bytes[..];
            let read = IgnoredAny::deserialize(&mut rmp_serde::Deserializer::new(&mut rest)).is_ok();
            if read {
                prop_assert_eq!(value_len(&bytes), Some(bytes.len() - rest.len()));
            }
        }

        #[test]
        fn what_is_cut_off_is_no_value(list: Vec<(String, i64, Vec<u8>)>, cut in 1_usize..20) {
            let bytes = rmp_serde::to_vec_named(&list).unwrap();
            prop_assert_eq!(value_len(&bytes), Some(bytes.len()));
            let shorter = &bytes[..bytes.len().saturating_sub(cut)];
            prop_assert_eq!(value_len(shorter), None);
        }
    }
}
