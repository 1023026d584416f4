//! What a caught panic of user code had to say; and errors that travel as one, from where a
//! record is read to where its batch is run.

use std::any::Any;

use crate::error::Error;

/// Ends the reading of a dataset with an error that is not the program's doing.
pub(crate) fn fail(error: Error) -> ! {
    std::panic::resume_unwind(Box::new(error))
}

/// Why a dataset could not be read to its end, by whose doing.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The program's code panicked, with this message.
    Program(String),
    /// What it was to be read from has failed.
    Input(Error),
}

impl Fault {
    /// The fault that a caught panic stands for.
    pub(crate) fn of(payload: Box<dyn Any + Send>) -> Fault {
        match payload.downcast::<Error>() {
            Ok(error) => Fault::Input(*error),
            Err(payload) => Fault::Program(message_of(&*payload)),
        }
    }

    /// Goes on as the panic that it was made of.
    pub(crate) fn resume(self) -> ! {
        match self {
            Fault::Program(message) => panic!("{message}"),
            Fault::Input(error) => fail(error),
        }
    }
}

/// The message of a panic's payload.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(error) = payload.downcast_ref::<Error>() {
        return error.to_string();
    }
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}
