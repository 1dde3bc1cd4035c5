//! `smartlink token`: tokens for the API, as `Authorization: Bearer …`.

use clap::Subcommand;

use super::{Console, Failure};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{Ability, AccountLimits, Accounts, Passwords, Tokens};
use crate::store::Store;

const MS_PER_DAY: i64 = 24 * 60 * 60 * 1_000;

/// What to do with a token.
#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token and print it, this once.
    Create {
        /// Address of its owner.
        #[arg(long)]
        email: String,
        /// What it is for.
        #[arg(long, default_value = "command line")]
        name: String,
        /// What it allows: *, chat:read, chat:write, broadcasting; several apart by commas.
        #[arg(long, value_delimiter = ',', default_value = "*")]
        abilities: Vec<String>,
        /// Days after which it ends; never without it.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=36_500))]
        expires_in_days: Option<i64>,
    },
    /// Show somebody's tokens, tab-separated: number, name, abilities, last use, end.
    List {
        /// Address of their owner.
        #[arg(long)]
        email: String,
    },
    /// Revoke a token; it is refused from now on.
    Revoke {
        /// Address of its owner.
        #[arg(long)]
        email: String,
        /// Its number.
        id: i64,
    },
}

/// Does it, and says what was done.
pub(super) async fn run(command: TokenCommand, config: Config, console: &mut Console) -> Result<(), Failure> {
    let store = super::open_existing_store(&config).await?;
    let done = apply(command, &store, console).await;
    store.close().await;
    done
}

async fn apply(command: TokenCommand, store: &Store, console: &mut Console) -> Result<(), Failure> {
    let clock = Clock::system();
    let accounts = Accounts::new(store.clone(), clock.clone(), Passwords::default(), AccountLimits::default());
    let tokens = Tokens::new(store.clone(), clock.clone());
    match command {
        TokenCommand::Create { email, name, abilities, expires_in_days } => {
            let owner = accounts.find(&email).await.map_err(Failure::from_app)?;
            let abilities: Result<Vec<Ability>, _> = abilities.iter().map(|it| it.trim().parse()).collect();
            let abilities = abilities.map_err(Failure::refused)?;
            let expires_at = expires_in_days.map(|days| clock.now().plus_ms(days * MS_PER_DAY));
            let token = tokens.create(owner.id, &name, &abilities, expires_at).await.map_err(Failure::from_app)?;
            console.complain(&format!("Token {} of {}. It is shown this once:", token.id, owner.email));
            console.line(&token.plain_text)
        }
        TokenCommand::List { email } => {
            let owner = accounts.find(&email).await.map_err(Failure::from_app)?;
            for it in store.tokens_of(owner.id).await? {
                let never = || "never".to_owned();
                let last_used = it.last_used_at.map_or_else(never, |it| it.to_string());
                let end = it.expires_at.map_or_else(never, |it| it.to_string());
                console.line(&format!("{}\t{}\t{}\t{last_used}\t{end}", it.id, it.name, it.abilities))?;
            }
            Ok(())
        }
        TokenCommand::Revoke { email, id } => {
            let owner = accounts.find(&email).await.map_err(Failure::from_app)?;
            if !tokens.revoke(owner.id, id).await? {
                return Err(Failure::refused(format!("{} has no token {id} that is good", owner.email)));
            }
            console.line(&format!("Token {id} is revoked."))
        }
    }
}
