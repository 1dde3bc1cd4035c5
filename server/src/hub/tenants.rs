//! Applications as the hub sees them: how many connections each has, by guards that can't miscount.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use crate::application::{Application, ApplicationId, Applications};
use crate::hub::handshake::Refusal;
use crate::hub::pace::SharedPace;
use crate::hub::places::{Place, Places};

/// What is counted of one application, as long as the process lives.
pub(crate) struct Tenant {
    connections: AtomicUsize,
    /// Frames from clients.
    pub(crate) received: AtomicU64,
    /// Frames to clients.
    pub(crate) sent: AtomicU64,
    /// Connections closed because they did not answer.
    pub(crate) pruned: AtomicU64,
    /// Connections by the address that they come from, where that is limited.
    by_address: Arc<Places<IpAddr>>,
    /// Connections by the user whose they are, where that is limited.
    pub(crate) by_user: Arc<Places<Arc<str>>>,
    pub(crate) client_events: SharedPace,
    pub(crate) subscribes: SharedPace,
    pub(crate) publishes: SharedPace,
    /// The clock of the paces begins here.
    began_at: Instant,
}

/// A connection's place among those of its application; given back when dropped.
pub struct Admission {
    pub(crate) application: Arc<Application>,
    pub(crate) tenant: Arc<Tenant>,
    /// Places where few applications have a limit.
    pub(crate) limited: Option<Box<LimitedPlaces>>,
}

/// Places that a connection holds besides the one of its application.
#[derive(Default)]
pub(crate) struct LimitedPlaces {
    address: Option<Place<IpAddr>>,
    users: Vec<Place<Arc<str>>>,
}

/// All applications.
pub(crate) struct Tenants {
    applications: RwLock<Arc<Applications>>,
    /// Whether any of them keeps events in memory, so that the others pay nothing for it.
    keep_recent: AtomicBool,
    by_id: Mutex<HashMap<ApplicationId, Arc<Tenant>>>,
}

impl Tenants {
    pub(crate) fn new(applications: Applications) -> Self {
        let keep_recent = AtomicBool::new(any_keeps_recent(&applications));
        Self { applications: RwLock::new(Arc::new(applications)), keep_recent, by_id: Mutex::default() }
    }

    pub(crate) fn applications(&self) -> Arc<Applications> {
        Arc::clone(&self.applications.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_applications(&self, applications: Applications) {
        self.keep_recent.store(any_keeps_recent(&applications), Ordering::Relaxed);
        *self.applications.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(applications);
    }

    pub(crate) fn keep_recent(&self) -> bool {
        self.keep_recent.load(Ordering::Relaxed)
    }

    /// The application with this id, as it is set now.
    pub(crate) fn application(&self, id: &ApplicationId) -> Option<Arc<Application>> {
        self.applications().by_id(id).cloned()
    }

    pub(crate) fn tenant(&self, id: &ApplicationId) -> Arc<Tenant> {
        let mut tenants = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tenants.entry(id.clone()).or_default())
    }

    pub(crate) fn all(&self) -> Vec<(ApplicationId, Arc<Tenant>)> {
        let tenants = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.iter().map(|(id, tenant)| (id.clone(), Arc::clone(tenant))).collect()
    }

    /// A place for one more connection, unless the application (rule CON-7) or the client's address has as many as it
    /// may have.
    pub(crate) fn admit(&self, application: Arc<Application>, address: IpAddr) -> Result<Admission, Refusal> {
        let tenant = self.tenant(&application.id);
        let max = application.max_connections.unwrap_or(usize::MAX);
        let add = |connections: usize| (connections < max).then_some(connections + 1);
        let counted = tenant.connections.fetch_update(Ordering::AcqRel, Ordering::Acquire, add);
        counted.map_err(|_| Refusal::OverConnectionQuota)?;
        let mut admission = Admission { application, tenant, limited: None };
        if let Some(max) = admission.application.limits.max_connections_per_address {
            let place = admission.tenant.by_address.take(network(address), max).ok_or(Refusal::AddressOverQuota)?;
            admission.limited.get_or_insert_default().address = Some(place);
        }
        Ok(admission)
    }
}

fn any_keeps_recent(applications: &Applications) -> bool {
    applications.iter().any(|it| !it.kept_channels.patterns.is_empty())
}

/// Whoever has one IPv6 address has a whole network of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

impl Default for Tenant {
    fn default() -> Self {
        Self {
            connections: AtomicUsize::new(0),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            pruned: AtomicU64::new(0),
            by_address: Arc::default(),
            by_user: Arc::default(),
            client_events: SharedPace::default(),
            subscribes: SharedPace::default(),
            publishes: SharedPace::default(),
            began_at: Instant::now(),
        }
    }
}

impl Tenant {
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Acquire)
    }

    /// The instant for its paces.
    pub(crate) fn now_ns(&self) -> u64 {
        u64::try_from(self.began_at.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl Admission {
    /// Counts the connection among those of this user. False if the user has as many as there may be.
    pub(crate) fn count_user(&mut self, user_id: &Arc<str>) -> bool {
        let Some(max) = self.application.limits.max_connections_per_user else { return true };
        let limited = self.limited.get_or_insert_default();
        if limited.users.iter().any(|it| it.key() == user_id) {
            return true;
        }
        let place = self.tenant.by_user.take(Arc::clone(user_id), max);
        let is_counted = place.is_some();
        limited.users.extend(place);
        is_counted
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.tenant.connections.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::Limits;

    fn place(outcome: Result<Admission, Refusal>) -> Admission {
        outcome.unwrap_or_else(|refusal| panic!("refused: {refusal:?}"))
    }

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn con_7_the_limit_counts_every_open_connection() {
        let tenants = Tenants::new(Applications::default());
        let application = Arc::new(Application { max_connections: Some(1), ..Application::new("1", "k", "s") });
        let first = place(tenants.admit(Arc::clone(&application), address(1)));
        let second = tenants.admit(Arc::clone(&application), address(2)).err();
        assert_eq!(second, Some(Refusal::OverConnectionQuota));
        drop(first);
        assert!(tenants.admit(application, address(2)).is_ok());
    }

    #[test]
    fn one_address_cannot_take_the_places_of_others() {
        let tenants = Tenants::new(Applications::default());
        let limits = Limits { max_connections_per_address: Some(1), ..Limits::default() };
        let application = Arc::new(Application { limits, ..Application::new("1", "k", "s") });
        let admit = |address: &str| tenants.admit(Arc::clone(&application), address.parse().unwrap());
        let first = admit("192.0.2.1").ok();
        assert_eq!(admit("192.0.2.1").err(), Some(Refusal::AddressOverQuota));
        assert_eq!(admit("::ffff:192.0.2.1").err(), Some(Refusal::AddressOverQuota));
        let _other = place(admit("192.0.2.2"));
        assert_eq!(tenants.tenant(&application.id).connections(), 2);
        drop(first);
        assert!(admit("192.0.2.1").is_ok());
        let _six = place(admit("2001:db8::1"));
        assert_eq!(admit("2001:db8::2").err(), Some(Refusal::AddressOverQuota));
        assert!(admit("2001:db8:0:1::1").is_ok());
    }

    #[test]
    fn a_connection_counts_once_for_each_of_its_users() {
        let tenants = Tenants::new(Applications::default());
        let limits = Limits { max_connections_per_user: Some(1), ..Limits::default() };
        let application = Arc::new(Application { limits, ..Application::new("1", "k", "s") });
        let mut one = place(tenants.admit(Arc::clone(&application), address(1)));
        let mut other = place(tenants.admit(application, address(1)));
        let (ada, ben): (Arc<str>, Arc<str>) = ("ada".into(), "ben".into());
        assert!(one.count_user(&ada) && one.count_user(&ada));
        assert!(!other.count_user(&ada) && other.count_user(&ben));
        drop(one);
        assert!(other.count_user(&ada));
    }
}
