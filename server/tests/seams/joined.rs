//! Two nodes in one process, joined by queues as another implementation would join them by Redis.

use std::sync::{Arc, Mutex, OnceLock, Weak, mpsc};

use app::realtime::ChannelName;
use server::application::{Application, ApplicationId, Applications};
use server::broker::{Broker, BrokerError, LocalBroker, PeerFrame, Peers, Publication};
use server::clock::Clock;
use server::hub::{Hub, HubSettings, Seams};
use server::presence::ChannelKey;
use tokio::sync::oneshot;

use crate::support::{MemoryHistory, TestServer};

enum Work {
    Tell(PeerFrame),
    Terminate(ApplicationId, String),
    Settle(oneshot::Sender<()>),
}

/// The other node, as one sees it.
pub(crate) struct Other {
    hub: Arc<OnceLock<Weak<Hub>>>,
    work: Mutex<mpsc::Sender<Work>>,
}

impl Other {
    fn new() -> Self {
        let hub = Arc::new(OnceLock::<Weak<Hub>>::new());
        let (work, queue) = mpsc::channel();
        std::thread::spawn({
            let hub = Arc::clone(&hub);
            move || {
                for work in queue {
                    if let Work::Settle(settled) = work {
                        settled.send(()).unwrap();
                        continue;
                    }
                    let Some(hub) = hub.get().and_then(Weak::upgrade) else { return };
                    match work {
                        Work::Tell(frame) => hub.tell_here(&frame),
                        Work::Terminate(application, user_id) => hub.terminate_user_here(&application, &user_id),
                        Work::Settle(_) => {}
                    }
                }
            }
        });
        Self { hub, work: Mutex::new(work) }
    }

    /// What it answers; nothing when it is away.
    fn ask<T: Default>(&self, question: impl FnOnce(&Hub) -> T) -> T {
        self.hub.get().and_then(Weak::upgrade).map(|hub| question(&hub)).unwrap_or_default()
    }

    fn send(&self, work: Work) {
        // A node that is gone hears nothing.
        drop(self.work.lock().unwrap().send(work));
    }
}

impl Peers for Other {
    fn tell(&self, frame: PeerFrame) {
        self.send(Work::Tell(frame));
    }

    fn terminate_user(&self, application: &ApplicationId, user_id: &str) {
        self.send(Work::Terminate(application.clone(), user_id.to_owned()));
    }

    fn subscriptions(&self, key: &ChannelKey) -> usize {
        self.ask(|hub| hub.subscriptions_here(key))
    }

    fn channels(&self, application: &ApplicationId, prefix: &str) -> Vec<(ChannelName, usize)> {
        self.ask(|hub| hub.channels_here(application, prefix))
    }

    fn connections(&self, application: &ApplicationId) -> usize {
        self.ask(|hub| hub.connections_here(application))
    }
}

/// What joins the nodes.
pub(crate) struct Joints([Arc<Other>; 2]);

impl Joints {
    /// Returns once each node has heard what the other has told it so far. Members are shared at once here, so that a node
    /// might show one of whom it has not heard: the contract of [`Peers::tell`] is kept by waiting.
    pub(crate) async fn settle(&self) {
        for other in &self.0 {
            let (settled, is_settled) = oneshot::channel();
            other.send(Work::Settle(settled));
            is_settled.await.unwrap();
        }
    }
}

/// Publishes on both nodes.
struct Both([Arc<Hub>; 2]);

#[async_trait::async_trait]
impl Broker for Both {
    async fn publish(&self, publications: Vec<Publication>) -> Result<(), BrokerError> {
        for hub in &self.0 {
            LocalBroker::new(Arc::clone(hub)).publish(publications.clone()).await?;
        }
        Ok(())
    }
}

/// Two nodes that share what is kept of members and cache channels.
pub(crate) async fn two_nodes(application: Application) -> ([TestServer; 2], Joints) {
    let settings = HubSettings { shards: 2, ..HubSettings::default() };
    let histories = [0, 1].map(|_| Arc::new(MemoryHistory::default()));
    let others = [0, 1].map(|_| Arc::new(Other::new()));
    let shared = Seams::local(&settings, histories[0].clone());
    let hubs = [0, 1].map(|node: usize| {
        let seams = Seams {
            history: histories[node].clone(),
            presence: Arc::clone(&shared.presence),
            cached: Arc::clone(&shared.cached),
            recent: Arc::clone(&shared.recent),
            peers: others[node].clone(),
        };
        let runtime = tokio::runtime::Handle::current();
        let applications = Applications::new([application.clone()]);
        Hub::start_on(settings.clone(), applications, seams, Clock::system(), runtime).unwrap()
    });
    for (node, other) in others.iter().enumerate() {
        other.hub.set(Arc::downgrade(&hubs[1 - node])).unwrap();
    }
    let broker = Arc::new(Both(hubs.clone()));
    let [first, second] = hubs;
    let [one, two] = histories;
    let servers = [TestServer::serve(first, broker.clone(), one).await, TestServer::serve(second, broker, two).await];
    (servers, Joints(others))
}
