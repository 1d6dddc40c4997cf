//! What holds for all contents.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use seal::CHUNK;

use super::{Contents, check, data_key, header, open, sealed};

/// Contents around the borders of chunks.
fn content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => vec(any::<u8>(), 0..64),
        1 => (CHUNK - 1..=CHUNK + 1, any::<u8>()).prop_map(|(size, byte)| vec![byte; size]),
    ]
}

fn some_files() -> impl Strategy<Value = Contents> {
    btree_map("[a-z0-9_=@+-][a-z0-9._=@+-]{0,8}[a-z0-9_=@+-]", content(), 1..5)
}

fn borrowed(contents: &Contents) -> Vec<(&str, &[u8])> {
    contents.iter().map(|(name, content)| (&**name, &**content)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_sealed_is_opened(files in some_files()) {
        let files = borrowed(&files);
        let sealed = sealed(&header(&files), data_key(1), &files);
        prop_assert_eq!(open(&sealed, data_key(1)).unwrap(), super::contents(&files));
    }

    #[test]
    fn what_was_changed_anywhere_opens_nothing(
        files in some_files(),
        place in any::<prop::sample::Index>(),
        change in 1..=u8::MAX,
    ) {
        let files = borrowed(&files);
        let mut sealed = sealed(&header(&files), data_key(1), &files);
        let place = place.index(sealed.len());
        sealed[place] ^= change;
        prop_assert!(check(&sealed, data_key(1)).is_err());
        sealed[place] ^= change;
        sealed.truncate(place);
        prop_assert!(check(&sealed, data_key(1)).is_err());
    }

    #[test]
    fn nothing_of_a_content_can_be_seen(content in vec(any::<u8>(), 16..64)) {
        let files = [("a", content.as_slice())];
        let sealed = sealed(&header(&files), data_key(1), &files);
        prop_assert!(!sealed.windows(16).any(|part| content.windows(16).any(|it| it == part)));
    }
}
