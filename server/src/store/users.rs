//! Queries of people.

use app::accounts::{Role, User, UserSummary};
use app::ids::UserId;
use app::time::Timestamp;

use super::time::bound;
use super::{Store, StoreError};

/// An account that is to be.
#[derive(Debug)]
pub struct NewUserRow<'a> {
    /// Valid.
    pub name: &'a str,
    /// Valid, in lower case.
    pub email: &'a str,
    /// In PHC form.
    pub password_hash: &'a str,
    /// What they may do.
    pub role: Role,
    /// Now.
    pub at: Timestamp,
}

/// An account with what only the server may see.
#[derive(Debug, Clone)]
pub struct StoredUser {
    /// Who.
    pub user: User,
    /// In PHC form.
    pub password_hash: String,
    /// Whether they are kept out.
    pub is_disabled: bool,
}

#[derive(sqlx::FromRow)]
struct UserRow {
    id: i64,
    name: String,
    email: String,
    password_hash: String,
    role: String,
    is_disabled: bool,
}

impl TryFrom<UserRow> for StoredUser {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let role = role_from(&row.role)?;
        let user = User { id: UserId(row.id), name: row.name, email: row.email, role };
        Ok(Self { user, password_hash: row.password_hash, is_disabled: row.is_disabled })
    }
}

/// A role as its column has it.
pub(super) const fn role_text(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Admin => "admin",
    }
}

/// The inverse of [`role_text`].
pub(super) fn role_from(text: &str) -> Result<Role, StoreError> {
    match text {
        "member" => Ok(Role::Member),
        "admin" => Ok(Role::Admin),
        other => Err(StoreError::Malformed(format!("`{other}` is no role: expected member or admin"))),
    }
}

/// A name as people are found by it: in lower case, also beyond ASCII.
pub(super) fn name_key(name: &str) -> String {
    name.to_lowercase()
}

impl Store {
    /// Gives a key to the names that have none yet, those of before there were keys.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(super) async fn fill_name_keys(&self) -> Result<(), StoreError> {
        const FIND: &str = "select id, name from users where name_key = '' limit 1000";
        const FILL: &str = "update users set name_key = $2 where id = $1";
        loop {
            let users: Vec<(i64, String)> = with_writer!(self, pool => sqlx::query_as(FIND).fetch_all(pool).await?);
            if users.is_empty() {
                return Ok(());
            }
            for (id, name) in users {
                let key = name_key(&name);
                with_writer!(self, pool => sqlx::query(FILL).bind(id).bind(key).execute(pool).await.map(drop)?);
            }
        }
    }

    /// Adds an account.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] if the address has one.
    pub async fn insert_user(&self, row: NewUserRow<'_>) -> Result<User, StoreError> {
        const SQL: &str = "\
            insert into users (name, name_key, email, password_hash, role, created_at, updated_at) \
            values ($1, $2, $3, $4, $5, $6, $6) returning id";
        let id: i64 = with_writer!(self, pool =>
            sqlx::query_scalar(SQL)
                .bind(row.name)
                .bind(name_key(row.name))
                .bind(row.email)
                .bind(row.password_hash)
                .bind(role_text(row.role))
                .bind(bound(row.at))
                .fetch_one(pool)
                .await?);
        Ok(User { id: UserId(id), name: row.name.to_owned(), email: row.email.to_owned(), role: row.role })
    }

    /// The account with this address, which must be in lower case.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<StoredUser>, StoreError> {
        const SQL: &str = "\
            select id, name, email, password_hash, role, is_disabled from users where email = $1";
        let row = with_pool!(self, pool =>
            sqlx::query_as::<_, UserRow>(SQL).bind(email).fetch_optional(pool).await?);
        row.map(StoredUser::try_from).transpose()
    }

    /// The account with this number.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn user(&self, id: UserId) -> Result<Option<StoredUser>, StoreError> {
        const SQL: &str = "\
            select id, name, email, password_hash, role, is_disabled from users where id = $1";
        let row = with_pool!(self, pool =>
            sqlx::query_as::<_, UserRow>(SQL).bind(id.0).fetch_optional(pool).await?);
        row.map(StoredUser::try_from).transpose()
    }

    /// Up to `limit` accounts with numbers above `after`, by number.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn users_after(&self, after: UserId, limit: i64) -> Result<Vec<StoredUser>, StoreError> {
        const SQL: &str = "\
            select id, name, email, password_hash, role, is_disabled from users where id > $1 order by id limit $2";
        let rows = with_pool!(self, pool =>
            sqlx::query_as::<_, UserRow>(SQL).bind(after.0).bind(limit).fetch_all(pool).await?);
        rows.into_iter().map(StoredUser::try_from).collect()
    }

    /// The name of somebody with an account.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn user_summary(&self, id: UserId) -> Result<Option<UserSummary>, StoreError> {
        const SQL: &str = "select name from users where id = $1";
        let name: Option<String> =
            with_pool!(self, pool => sqlx::query_scalar(SQL).bind(id.0).fetch_optional(pool).await?);
        Ok(name.map(|name| UserSummary { id, name }))
    }

    /// Sets what somebody may do. False if there is no such account.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn set_role(&self, email: &str, role: Role, at: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "update users set role = $2, updated_at = $3 where email = $1";
        let count = with_writer!(self, pool =>
            sqlx::query(SQL)
                .bind(email)
                .bind(role_text(role))
                .bind(bound(at))
                .execute(pool)
                .await?
                .rows_affected());
        Ok(count > 0)
    }

    /// Replaces the hash of somebody's password.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn set_password_hash(&self, id: UserId, password_hash: &str, at: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "update users set password_hash = $2, updated_at = $3 where id = $1";
        with_writer!(self, pool =>
            sqlx::query(SQL).bind(id.0).bind(password_hash).bind(bound(at)).execute(pool).await.map(drop)?);
        Ok(())
    }

    /// Gives somebody another name.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn set_name(&self, id: UserId, name: &str, at: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "update users set name = $2, name_key = $3, updated_at = $4 where id = $1";
        with_writer!(self, pool =>
            sqlx::query(SQL).bind(id.0).bind(name).bind(name_key(name)).bind(bound(at)).execute(pool).await.map(drop)?);
        Ok(())
    }

    /// Keeps somebody out, or lets them in again. False if there is no such account.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn set_disabled(&self, email: &str, is_disabled: bool, at: Timestamp) -> Result<bool, StoreError> {
        const SQL: &str = "update users set is_disabled = $2, updated_at = $3 where email = $1";
        let count = with_writer!(self, pool =>
            sqlx::query(SQL).bind(email).bind(is_disabled).bind(bound(at)).execute(pool).await?.rows_affected());
        Ok(count > 0)
    }
}
