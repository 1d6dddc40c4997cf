//! What a sealed file keeps: examples that another program made, everything that must not open,
//! and any bytes at all.

#![cfg(test)]

mod fuzz;
mod headers;
mod properties;
mod swaps;
mod tampering;
mod vectors;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};
use std::rc::Rc;

use seal::{Checked, Context, DataKey, File, Header, OpenError, Sealed, WrappedKey};

/// The contents of files by name.
type Contents = BTreeMap<String, Vec<u8>>;

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

fn data_key(byte: u8) -> DataKey {
    DataKey::new(&[byte; 32])
}

fn context() -> Context {
    Context {
        pipeline: "payments".parse().unwrap(),
        revision: "5f1ab6f6e1c9a1b2".parse().unwrap(),
        environment: "prod".parse().unwrap(),
    }
}

fn wrapped() -> WrappedKey {
    WrappedKey { key: KEY.parse().unwrap(), wrapped: b"wrapped".to_vec() }
}

fn files(contents: &[(&str, &[u8])]) -> Vec<File> {
    let file = |(name, content): &(&str, &[u8])| File {
        name: name.parse().unwrap(),
        size: content.len() as u64,
    };
    contents.iter().map(file).collect()
}

fn header(contents: &[(&str, &[u8])]) -> Header {
    Header::new(context(), vec![wrapped()], files(contents)).unwrap()
}

/// A sealed file of these contents.
fn sealed(header: &Header, key: DataKey, contents: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let of = |file: &File| {
        let (_, content) = contents.iter().find(|(name, _)| *name == file.name.as_str()).unwrap();
        Ok(Cursor::new(*content))
    };
    seal::seal(header, key, of, &mut out).unwrap();
    out
}

fn check(sealed: &[u8], key: DataKey) -> Result<Checked<Cursor<&[u8]>>, OpenError> {
    Sealed::read(Cursor::new(sealed))?.check(key)
}

/// An opened file that a test reads afterwards.
#[derive(Clone, Default)]
struct Opened(Rc<RefCell<Contents>>, String);

impl Write for Opened {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().entry(self.1.clone()).or_default().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything in a sealed file.
fn open(sealed: &[u8], key: DataKey) -> Result<Contents, OpenError> {
    let opened = Opened::default();
    check(sealed, key)?.write(|file| {
        opened.0.borrow_mut().insert(file.name.to_string(), Vec::new());
        Ok(Opened(Rc::clone(&opened.0), file.name.to_string()))
    })?;
    Ok(opened.0.take())
}

fn contents(of: &[(&str, &[u8])]) -> Contents {
    of.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec())).collect()
}
