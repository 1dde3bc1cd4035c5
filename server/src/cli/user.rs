//! `smartlink user`: accounts from the command line, with the server running or not.

use app::accounts::{Role, SignUp};
use clap::Subcommand;

use super::{Console, Failure};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{AccountLimits, Accounts, Passwords};
use crate::store::Store;

/// What to do with an account.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Open an account; the password is asked for, or read from standard input.
    Create {
        /// Their address.
        email: String,
        /// Their name; what stands before the @ without it.
        #[arg(long)]
        name: Option<String>,
        /// Make them an admin at once.
        #[arg(long)]
        admin: bool,
        /// Read the password from the first line of standard input, also at a terminal.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Make somebody an admin.
    Promote {
        /// Their address.
        email: String,
    },
    /// Take an admin's rights back.
    Demote {
        /// Their address.
        email: String,
    },
    /// Keep somebody out, and end their sessions.
    Disable {
        /// Their address.
        email: String,
    },
    /// Let somebody in again.
    Enable {
        /// Their address.
        email: String,
    },
    /// Give somebody who has forgotten theirs another password, and end their sessions; it is asked for, or read from
    /// standard input.
    SetPassword {
        /// Their address.
        email: String,
        /// Read the password from the first line of standard input, also at a terminal.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Show all accounts, tab-separated: number, address, role, state, name.
    List,
}

/// Does it, and says what was done.
pub(super) async fn run(command: UserCommand, config: Config, console: &mut Console) -> Result<(), Failure> {
    let store = match command {
        UserCommand::Create { .. } => super::open_store(&config).await?,
        _ => super::open_existing_store(&config).await?,
    };
    let accounts = Accounts::new(store.clone(), Clock::system(), Passwords::default(), AccountLimits::default());
    let done = apply(command, &accounts, &store, console).await;
    store.close().await;
    done
}

async fn apply(command: UserCommand, accounts: &Accounts, store: &Store, console: &mut Console) -> Result<(), Failure> {
    match command {
        UserCommand::Create { email, name, admin, password_stdin } => {
            let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
            let password = password(password_stdin, console)?;
            let role = if admin { Role::Admin } else { Role::Member };
            let user = accounts.create(SignUp { name, email, password }, role).await.map_err(Failure::from_app)?;
            console.line(&format!("{} has account {}.", user.email, user.id))
        }
        UserCommand::Promote { email } => {
            accounts.set_role(&email, Role::Admin).await.map_err(Failure::from_app)?;
            console.line(&format!("{email} is an admin now."))
        }
        UserCommand::Demote { email } => {
            accounts.set_role(&email, Role::Member).await.map_err(Failure::from_app)?;
            console.line(&format!("{email} is no admin any more."))
        }
        UserCommand::Disable { email } => {
            accounts.set_disabled(&email, true).await.map_err(Failure::from_app)?;
            console.line(&format!("{email} is kept out, and all their sessions have ended."))
        }
        UserCommand::Enable { email } => {
            accounts.set_disabled(&email, false).await.map_err(Failure::from_app)?;
            console.line(&format!("{email} may sign in again."))
        }
        UserCommand::SetPassword { email, password_stdin } => {
            // Before anything is typed in vain.
            accounts.find(&email).await.map_err(Failure::from_app)?;
            let password = password(password_stdin, console)?;
            accounts.set_password(&email, password).await.map_err(Failure::from_app)?;
            console.line(&format!("{email} has the new password, and all their sessions have ended."))
        }
        UserCommand::List => list(store, console).await,
    }
}

fn password(from_stdin: bool, console: &mut Console) -> Result<String, Failure> {
    if from_stdin { console.read_line() } else { console.ask_secret("Password") }
}

async fn list(store: &Store, console: &mut Console) -> Result<(), Failure> {
    const BATCH: i64 = 500;
    let mut last = app::ids::UserId(0);
    loop {
        let batch = store.users_after(last, BATCH).await?;
        let Some(end) = batch.last() else { return Ok(()) };
        last = end.user.id;
        for it in &batch {
            let role = if it.user.role == Role::Admin { "admin" } else { "member" };
            let state = if it.is_disabled { "disabled" } else { "enabled" };
            console.line(&format!("{}\t{}\t{role}\t{state}\t{}", it.user.id, it.user.email, it.user.name))?;
        }
    }
}
