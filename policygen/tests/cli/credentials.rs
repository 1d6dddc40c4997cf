//! What people read if there are no credentials, or nothing answers: one sentence with the next
//! step, soon.

use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::program::{Ran, command, ran};
use crate::server::live;

/// It takes at most 10 seconds on a machine that has nothing else to do.
const SOON: Duration = Duration::from_secs(20);

/// A home folder with this AWS configuration, and no other credentials.
fn run(configuration: &str, change: impl FnOnce(&mut Command)) -> Ran {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/config"), configuration).unwrap();
    let mut command = command();
    command.env("HOME", home.path()).env("AWS_EC2_METADATA_DISABLED", "true");
    command.args(["audit", "--region", "eu-west-1"]);
    change(&mut command);
    let started = Instant::now();
    let ran = ran(&command.output().unwrap());
    assert!(started.elapsed() < SOON, "{:?}: {}", started.elapsed(), ran.stderr);
    ran
}

fn with_keys(command: &mut Command) -> &mut Command {
    command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret")
}

/// One sentence that says this and does not look like a program's.
fn says(ran: &Ran, expected: &str) {
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    for of_rust in ["{", "Failure", "Error(", "Some("] {
        assert!(!ran.stderr.contains(of_rust), "{}", ran.stderr);
    }
}

#[test]
fn without_credentials_the_next_step_is_to_sign_in() {
    says(&run("", |_| {}), "there are no AWS credentials");
    let none = run("[profile none]\nregion = eu-west-1\n", |command| {
        command.args(["--profile", "none"]);
    });
    says(&none, "the named profile has none; sign in");
    for flag in [true, false] {
        let ran = run("[profile other]\n", |command| {
            match flag {
                true => command.args(["--profile", "nosuch"]),
                false => command.env("AWS_PROFILE", "nosuch"),
            };
        });
        says(&ran, "profile `nosuch` was not defined");
    }
}

#[test]
fn a_profile_that_cannot_be_used_is_explained() {
    let half = "[profile half]\naws_access_key_id = AKIDEXAMPLE\n";
    let ran = run(half, |command| {
        command.args(["--profile", "half"]);
    });
    says(&ran, "`half`: profile missing aws_secret_access_key); correct it");

    let ended = "[profile sso]\nsso_session = s\nsso_account_id = 111122223333\n\
                 sso_role_name = Audit\nregion = eu-west-1\n\
                 [sso-session s]\nsso_start_url = https://example.awsapps.com/start\n\
                 sso_region = eu-west-1\n";
    let ran = run(ended, |command| {
        command.args(["--profile", "sso"]);
    });
    says(&ran, "failed to load the cached SSO token); sign in again");

    let fails = "[profile program]\ncredential_process = /bin/false\n";
    let ran = run(fails, |command| {
        command.args(["--profile", "program"]);
    });
    says(&ran, "could not be loaded");
}

#[test]
fn a_session_that_has_ended_is_not_a_missing_permission() {
    let body = "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The \
                security token included in the request is expired</Message></Error></ErrorResponse>";
    let ran = live("text/xml", |_| (403, body.to_owned()), &["audit", "--region", "eu-west-1"]);
    says(&ran, "(ExpiredToken): the session has ended; sign in again");
}

#[test]
fn an_address_where_nothing_answers_is_named_as_that() {
    // A port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ran = run("", |command| {
        with_keys(command).args(["--endpoint-url", &format!("http://{free}")]);
    });
    says(&ran, "nothing listens at the address; check --endpoint-url");

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let ran = run("", |command| {
        with_keys(command).args(["--endpoint-url", &format!("http://{address}")]);
    });
    says(&ran, "no answer came in time; check the network");
    drop(silent);

    // No name below `.invalid` exists (RFC 6761).
    let ran = run("", |command| {
        with_keys(command).args(["--endpoint-url", "http://nowhere.invalid"]);
    });
    says(&ran, "the name of the host is not known");
}
