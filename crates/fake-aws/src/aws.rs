//! The fake as tests hold it: a clock, an HTTP client for the SDK, an entry without HTTP, and a hook between any two calls.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::call::{Answer, Call, Request};
use crate::caller::{Caller, Credential};
use crate::lag::Lag;
use crate::lambda::Invocation;
use crate::perform::perform;
use crate::state::State;
use crate::wire;

/// How a fake is set up.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// What time it is when it is made.
    pub begins: Timestamp,
    /// How late writes are seen.
    pub lag: Lag,
    /// How long a call over HTTP takes, half of it on each way.
    pub latency: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            begins: Timestamp::from_second(1_798_804_800).unwrap_or(Timestamp::UNIX_EPOCH), // 2027-01-01T12:00:00Z
            lag: Lag::NONE,
            latency: Duration::from_millis(20),
        }
    }
}

/// A call over HTTP that is about to be performed.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Its number among all calls over HTTP, from 0.
    pub number: usize,
    /// What is asked.
    pub request: Request,
    /// What it was signed with.
    pub credential: Option<Credential>,
    /// When.
    pub at: Timestamp,
}

/// What happens to a call instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: it is performed and answered.
    None,
    /// It is refused with this status and code, and has no effect.
    Refuse(u16, &'static str),
    /// Nobody answers. It has its effect, or not.
    Silence {
        /// Whether it has its effect.
        performed: bool,
    },
    /// It has its effect, and is answered late.
    Late(Duration),
}

type Hook = Box<dyn FnMut(&FakeAws, &Arrival) -> Fault + Send>;

/// An AWS in memory. Clones are the same AWS.
#[derive(Clone)]
pub struct FakeAws {
    state: Arc<Mutex<State>>,
    hook: Arc<Mutex<Option<Hook>>>,
    log: Arc<Mutex<Vec<Arrival>>>,
    invoked: Arc<Notify>,
    begins: Timestamp,
    started: Instant,
    latency: Duration,
}

impl fmt::Debug for FakeAws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeAws").field("now", &self.now()).finish_non_exhaustive()
    }
}

impl FakeAws {
    /// An AWS without any account. Its clock starts now, and runs with tokio's.
    pub fn new(setup: Setup) -> Self {
        Self {
            state: Arc::new(Mutex::new(State::new(setup.lag))),
            hook: Arc::default(),
            log: Arc::default(),
            invoked: Arc::default(),
            begins: setup.begins,
            started: Instant::now(),
            latency: setup.latency,
        }
    }

    /// What time it is, to the millisecond.
    pub fn now(&self) -> Timestamp {
        let since = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.begins + SignedDuration::from_millis(since)
    }

    /// Everything that there is. Held no longer than a statement: calls need it.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no call panicked")
    }

    /// What is given to the SDK's clients.
    pub fn http_client(&self) -> SharedHttpClient {
        let aws = self.clone();
        http_client_fn(move |_, _| SharedHttpConnector::new(aws.clone()))
    }

    /// Runs before each call over HTTP, and says what becomes of it. It may make calls of its own.
    pub fn on_call(&self, hook: impl FnMut(&Self, &Arrival) -> Fault + Send + 'static) {
        *self.hook.lock().expect("no hook panicked") = Some(Box::new(hook));
    }

    /// The calls over HTTP so far, in order.
    pub fn calls(&self) -> Vec<Arrival> {
        self.log.lock().expect("no call panicked").clone()
    }

    /// How many calls there were over HTTP.
    pub fn call_count(&self) -> usize {
        self.log.lock().expect("no call panicked").len()
    }

    /// A call with these credentials, now, without HTTP and its time.
    ///
    /// # Errors
    /// Where the credentials open nothing, do not allow it, or the service refuses it.
    pub fn call(&self, credential: &Credential, request: Request) -> Answer {
        self.call_at(self.now(), credential, request)
    }

    /// The same, at a moment that has passed since the last call: what happened meanwhile is told afterwards, in order.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn call_at(&self, at: Timestamp, credential: &Credential, request: Request) -> Answer {
        let mut state = self.state();
        let caller = state.caller_of(credential, at)?;
        perform(&mut state, &Call { request, caller, at })
    }

    /// A call by whoever this is: an anonymous one, a service's, root's.
    ///
    /// # Errors
    /// Where they may not, or the service refuses it.
    pub fn call_as(&self, at: Timestamp, caller: Caller, request: Request) -> Answer {
        perform(&mut self.state(), &Call { request, caller, at })
    }

    /// Sets the stage in an account: everything is allowed, seen at once, and leaves no record.
    ///
    /// # Errors
    /// Where the service refuses it: also a stage is held to the quotas.
    pub fn stage(&self, account: &str, request: Request) -> Answer {
        self.stage_at(self.now(), account, request)
    }

    /// The same, as it happened at another moment.
    ///
    /// # Errors
    /// As [`Self::stage`].
    pub fn stage_at(&self, at: Timestamp, account: &str, request: Request) -> Answer {
        perform(&mut self.state(), &Call { request, caller: Caller::Stage { account: account.to_owned() }, at })
    }

    /// The next asynchronous invocation of a function, as soon as there is one.
    pub async fn next_invocation(&self) -> Invocation {
        loop {
            let told = self.invoked.notified();
            let next = self.state().lambda.take();
            match next {
                Some(invocation) => return invocation,
                None => told.await,
            }
        }
    }

    async fn respond(self, request: HttpRequest) -> HttpResponse {
        let half = self.latency / 2;
        tokio::time::sleep(half).await;
        let read = wire::read(&request);
        let arrival = {
            let mut log = self.log.lock().expect("no call panicked");
            let arrival = Arrival {
                number: log.len(),
                request: read.request.clone(),
                credential: read.credential.clone(),
                at: self.now(),
            };
            log.push(arrival.clone());
            arrival
        };
        let hook = self.hook.lock().expect("no hook panicked").take();
        let fault = hook.map_or(Fault::None, |mut hook| {
            let fault = hook(&self, &arrival);
            *self.hook.lock().expect("no hook panicked") = Some(hook);
            fault
        });
        let perform = || {
            if let Some(credential) = &read.credential {
                return self.call_at(arrival.at, credential, read.request.clone());
            }
            let nobody = Caller::Anonymous { account: String::new() };
            self.call_as(arrival.at, nobody, read.request.clone())
        };
        let answer = match fault {
            Fault::None => perform(),
            Fault::Refuse(status, code) => Err(crate::call::Refusal::new(status, code, "refused on purpose")),
            Fault::Silence { performed } => {
                if performed {
                    let _ = perform();
                }
                std::future::pending().await
            }
            Fault::Late(by) => {
                let answer = perform();
                tokio::time::sleep(by).await;
                answer
            }
        };
        if read.request.service == "lambda" {
            self.invoked.notify_one();
        }
        tokio::time::sleep(half).await;
        wire::write(&read.request, answer)
    }
}

impl HttpConnector for FakeAws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let aws = self.clone();
        HttpConnectorFuture::new(async move { Ok(aws.respond(request).await) })
    }
}
