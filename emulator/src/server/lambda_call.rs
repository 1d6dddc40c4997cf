//! Which operation of Lambda a request is, by its method and path.

use axum::http::Method;
use percent_encoding::percent_decode_str;

/// A call of Lambda.
pub(super) struct Call {
    pub(super) operation: Operation,
    /// The function, as the path names it.
    pub(super) function: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Get,
    Update,
}

impl Call {
    /// The call in the method and the path of a request. Returns `None` if it is not one of Lambda
    /// that is served.
    pub(super) fn parse(method: &Method, path: &str) -> Option<Self> {
        let operation = match *method {
            Method::GET => Operation::Get,
            Method::PUT => Operation::Update,
            _ => return None,
        };
        let name = path.strip_prefix("/2015-03-31/functions/")?.strip_suffix("/configuration")?;
        let function = percent_decode_str(name).decode_utf8().ok()?.into_owned();
        Some(Self { operation, function })
    }

    /// The operation's name in the API.
    pub(super) fn name(&self) -> &'static str {
        match self.operation {
            Operation::Get => "GetFunctionConfiguration",
            Operation::Update => "UpdateFunctionConfiguration",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_is_in_the_path() {
        let path = |name: &str| format!("/2015-03-31/functions/{name}/configuration");
        let read = |name: &str| Call::parse(&Method::GET, &path(name)).map(|call| call.function);
        assert_eq!(read("two-person-rule").as_deref(), Some("two-person-rule"));
        assert_eq!(read("gate%3Alive").as_deref(), Some("gate:live"));
        assert!(Call::parse(&Method::GET, "/").is_none());
        assert!(Call::parse(&Method::GET, "/2015-03-31/functions/gate").is_none());
        assert!(Call::parse(&Method::DELETE, &path("gate")).is_none());
        assert_eq!(Call::parse(&Method::PUT, &path("gate")).unwrap().operation, Operation::Update);
    }
}
