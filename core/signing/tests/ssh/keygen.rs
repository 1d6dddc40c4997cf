//! Runs `ssh-keygen`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signing::{Answer, Approval, NAMESPACE, SigningKey, Statement};

pub(crate) const APPROVAL: Approval<'static> = Approval {
    pipeline: "payments",
    execution: "3137f7cb-7cf7-4a39-8b3c-d7ed3e1a0001",
    stage: "Release",
    action: "ApprovalA",
    attempt: "7d27f861-a187-4140-9485-44d76b5aa3e8",
    answer: Answer::Approved,
    revisions: &["5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e"],
};
/// A folder with a key, a statement and a list of allowed signers.
pub(crate) struct Keygen {
    folder: tempfile::TempDir,
}

impl Keygen {
    pub(crate) fn new(kind: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", kind, "-N", "", "-C", "alice@laptop", "-f"])
            .arg(folder.path().join("key"))
            .status()
            .expect("ssh-keygen (Debian: openssh-client) is needed");
        assert!(made.success());
        let public = fs::read_to_string(folder.path().join("key.pub")).unwrap();
        let this = Self { folder };
        this.allow(&public);
        this
    }

    /// A folder without a private key.
    pub(crate) fn with_public(key: &str) -> Self {
        let this = Self { folder: tempfile::tempdir().unwrap() };
        this.allow(key);
        this
    }

    fn allow(&self, public: &str) {
        fs::write(self.path("allowed"), format!("alice {public}")).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn public(&self) -> SigningKey {
        fs::read_to_string(self.path("key.pub")).unwrap().parse().unwrap()
    }

    /// The bytes of an SSHSIG over the statement.
    pub(crate) fn sign(&self, statement: &Statement) -> Vec<u8> {
        let armoured = self.armoured(statement, &["-n", NAMESPACE]);
        let body: String = armoured.lines().filter(|line| !line.starts_with("-----")).collect();
        STANDARD.decode(body).unwrap()
    }

    /// What `ssh-keygen -Y sign` writes about the statement.
    pub(crate) fn armoured(&self, statement: &Statement, arguments: &[&str]) -> String {
        let (file, output) = (self.path("statement"), self.path("statement.sig"));
        fs::write(&file, statement.as_bytes()).unwrap();
        let _ = fs::remove_file(&output);
        let signed = Command::new("ssh-keygen")
            .args(["-q", "-Y", "sign"])
            .args(arguments)
            .arg("-f")
            .args([self.path("key"), file])
            .stderr(Stdio::null())
            .status();
        assert!(signed.unwrap().success());
        fs::read_to_string(output).unwrap()
    }

    /// Whether `ssh-keygen -Y verify` accepts an armoured SSHSIG.
    pub(crate) fn verifies(&self, statement: &Statement, armoured: &str) -> bool {
        fs::write(self.path("changed.sig"), armoured).unwrap();
        let mut verify = Command::new("ssh-keygen")
            .args(["-q", "-Y", "verify", "-I", "alice", "-n", NAMESPACE, "-f"])
            .args([self.path("allowed"), Path::new("-s").to_owned(), self.path("changed.sig")])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A signature that cannot be read is refused before the statement is.
        let _ = verify.stdin.take().unwrap().write_all(statement.as_bytes());
        verify.wait().unwrap().success()
    }
}
