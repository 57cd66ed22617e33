//! `OpenAiBackend`: a server behind the port.

use async_trait::async_trait;
use cor_ports::{Backend, BackendError, BackendInfo, Completion, CompletionRequest, redacted};
use reqwest::{
    Client, Method, RequestBuilder, Url,
    header::{AUTHORIZATION, HeaderValue},
    redirect::Policy,
};

use super::{
    call::{Reply, exchange, repeated},
    config::OpenAiConfig,
    error::{CallError, OpenError},
    schema::{ChatReply, ChatRequest, ModelList},
};
use crate::http::client_builder;

/// `finish_reason` of an answer that `max_tokens` has cut.
const FINISHED_BY_LENGTH: &str = "length";

/// How many of the server's models an error lists.
const LISTED_MAX: usize = 10;

/// Answers prompts by asking an OpenAI-compatible server.
#[derive(Debug)]
pub struct OpenAiBackend {
    client: Client,
    base: Url,
    authorization: Option<HeaderValue>,
    config: OpenAiConfig,
}

impl OpenAiBackend {
    /// Checks the configuration, that the server answers, and that it lists the model. A server without a list of models is believed.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(config: &OpenAiConfig) -> Result<Self, OpenError> {
        let backend = Self::connect(config)?;
        backend.require_model().await?;
        Ok(backend)
    }

    /// Names of the models that a server lists; `None` if it has no list. The configured model does not matter.
    ///
    /// # Errors
    /// [`OpenError`] but for [`OpenError::NoSuchModel`].
    pub async fn models(config: &OpenAiConfig) -> Result<Option<Vec<String>>, OpenError> {
        let backend = Self::connect(config)?;
        Ok(backend.list().await?.map(|list| list.data.into_iter().map(|model| model.id).collect()))
    }

    /// Checks the configuration; asks nobody.
    fn connect(config: &OpenAiConfig) -> Result<Self, OpenError> {
        let base = config.parsed_url()?;
        let authorization = config.authorization()?;
        let client = client_builder()
            .connect_timeout(config.connect_limit)
            .timeout(config.call_limit)
            // A redirect would take the prompt, and on the same host the key, to a place that nobody has configured.
            .redirect(Policy::none())
            .build()
            .map_err(|source| OpenError::HttpClient { source: Box::new(source) })?;
        Ok(Self { client, base, authorization, config: config.clone() })
    }

    /// The server's models; `None` if it has no list.
    async fn list(&self) -> Result<Option<ModelList>, OpenError> {
        let listed = repeated(&self.config, || async {
            let reply = exchange(self.request(Method::GET, "models"), &self.config).await?;
            reply.json::<ModelList>()
        });
        match listed.await {
            Ok(list) => Ok(Some(list)),
            Err(CallError::Status { status: 404 | 405 | 501, .. }) => Ok(None),
            Err(cause) => Err(OpenError::Unusable { url: redacted(self.base.as_str()), cause }),
        }
    }

    async fn require_model(&self) -> Result<(), OpenError> {
        let url = redacted(self.base.as_str());
        let Some(list) = self.list().await? else {
            tracing::warn!(%url, "the inference server has no list of models, it cannot be checked for the one configured");
            return Ok(());
        };
        let wanted = &self.config.model;
        // Ollama lists `name:latest` for what it serves as `name` too.
        let serves = |id: &str| id == wanted || id.strip_suffix(":latest") == Some(wanted);
        if list.data.iter().any(|model| serves(&model.id)) {
            return Ok(());
        }
        let listed = list.data.iter().take(LISTED_MAX).map(|model| model.id.as_str()).collect::<Vec<_>>().join(", ");
        Err(OpenError::NoSuchModel { url, wanted: wanted.clone(), listed })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path()));
        let request = self.client.request(method, url);
        match &self.authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization.clone()),
            None => request,
        }
    }
}

#[async_trait]
impl Backend for OpenAiBackend {
    fn info(&self) -> BackendInfo {
        let class = self.config.determinism_class.clone();
        BackendInfo {
            model: self.config.model.clone(),
            model_sha256: None,
            determinism_class: class.unwrap_or_else(|| format!("openai-http/{}", self.config.model)),
        }
    }

    async fn complete(&self, request: CompletionRequest) -> Result<Completion, BackendError> {
        let body = ChatRequest::greedy(&self.config.model, &request.prompt, request.max_tokens, request.seed);
        let completion = repeated(&self.config, || async {
            let reply = exchange(self.request(Method::POST, "chat/completions").json(&body), &self.config).await?;
            completion(&reply, request.max_tokens)
        });
        Ok(completion.await?)
    }
}

/// The answer in a reply. Token counts have to be there and believable: they are what is paid for.
fn completion(reply: &Reply, max_tokens: u32) -> Result<Completion, CallError> {
    let chat: ChatReply = reply.json()?;
    let usage = chat.usage.ok_or_else(|| reply.unusable("no `usage`"))?;
    if usage.completion_tokens > max_tokens {
        return Err(reply.unusable(format!("{} tokens, {max_tokens} asked for", usage.completion_tokens)));
    }
    let choice = chat.choices.into_iter().next().ok_or_else(|| reply.unusable("no choice"))?;
    let text = choice.message.content.ok_or_else(|| reply.unusable("no content"))?;
    Ok(Completion {
        text,
        prompt_tokens: usage.prompt_tokens,
        completion_tokens: usage.completion_tokens,
        truncated: choice.finish_reason.as_deref() == Some(FINISHED_BY_LENGTH),
    })
}
