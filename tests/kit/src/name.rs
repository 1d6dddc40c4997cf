//! Names that are not taken. IAM's names are unique without regard to case.

use std::collections::BTreeSet;

use fastrand::Rng;

const FIRST: &[&str] = &[
    "Ada", "Aisha", "Akira", "Amara", "Ana", "Anders", "Anil", "Beatriz", "Bogdan", "Camille",
    "Carlos", "Chen", "Chiara", "Dana", "Dmitri", "Elif", "Emma", "Erik", "Fatima", "Felix",
    "Freya", "Gita", "Hana", "Hugo", "Ibrahim", "Ines", "Ivan", "Jamal", "Jana", "Jonas", "Karin",
    "Kofi", "Lars", "Leila", "Liam", "Lin", "Lucia", "Maja", "Marco", "Mei", "Mikko", "Nadia",
    "Niamh", "Nils", "Noor", "Olga", "Omar", "Paula", "Pedro", "Priya", "Rafael", "Rosa", "Sara",
    "Sven", "Tariq", "Tomas", "Uma", "Vera", "Yusuf", "Zoe",
];
const LAST: &[&str] = &[
    "Abbott",
    "Adeyemi",
    "Bauer",
    "Becker",
    "Bianchi",
    "Brown",
    "Castro",
    "Chowdhury",
    "Cohen",
    "Costa",
    "Diaz",
    "Dubois",
    "Eriksen",
    "Farkas",
    "Fischer",
    "Fontaine",
    "Garcia",
    "Green",
    "Gupta",
    "Hansen",
    "Haddad",
    "Hoffmann",
    "Horvat",
    "Ito",
    "Jansen",
    "Jensen",
    "Kaya",
    "Keller",
    "Khan",
    "Kim",
    "Kowalski",
    "Kumar",
    "Larsen",
    "Lopez",
    "Martin",
    "Mbeki",
    "Meyer",
    "Moreau",
    "Nagy",
    "Nakamura",
    "Nguyen",
    "Novak",
    "Okafor",
    "Olsen",
    "Patel",
    "Petrov",
    "Quinn",
    "Rossi",
    "Ruiz",
    "Sato",
    "Schmidt",
    "Silva",
    "Smith",
    "Suzuki",
    "Takeda",
    "Tanaka",
    "Torres",
    "Usman",
    "Varga",
    "Virtanen",
    "Wagner",
    "Weber",
    "Wilson",
    "Yamada",
    "Young",
    "Zhang",
    "Zimmer",
];

/// The taken names of one kind.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Takes a name: the given one, or a numbered one if it is taken. Names with the same part
    /// before `@` belong to one human, so each such part is taken only once.
    pub(super) fn take(&mut self, wish: &str) -> String {
        let (local, domain) = wish.split_at(wish.find('@').unwrap_or(wish.len()));
        let numbered = (2..).map(|number| format!("{local}-{number}"));
        let taken = std::iter::once(local.to_owned())
            .chain(numbered)
            .find(|name| !self.0.contains(&name.to_lowercase()))
            .unwrap();
        self.0.insert(taken.to_lowercase());
        taken + domain
    }
}

/// The user name of a person, in a style that companies use.
pub(super) fn person(rng: &mut Rng) -> String {
    let first = *rng.choice(FIRST).unwrap();
    let last = *rng.choice(LAST).unwrap();
    let initial: String = first.chars().take(1).collect();
    match rng.u8(0..5) {
        0 => format!("{first}.{last}").to_lowercase(),
        1 => format!("{first}{last}"),
        2 => format!("{initial}{last}").to_lowercase(),
        3 => format!("{first}_{last}").to_lowercase(),
        _ => format!("{first}.{last}@example.com").to_lowercase(),
    }
}

/// A word in names of teams and services.
pub(super) fn team(rng: &mut Rng) -> &'static str {
    const TEAMS: &[&str] = &[
        "billing",
        "catalog",
        "checkout",
        "claims",
        "data",
        "fraud",
        "identity",
        "inventory",
        "ledger",
        "loans",
        "marketing",
        "mobile",
        "orders",
        "partners",
        "platform",
        "pricing",
        "reporting",
        "search",
        "shipping",
        "support",
        "tax",
        "web",
    ];
    rng.choice(TEAMS).unwrap()
}
