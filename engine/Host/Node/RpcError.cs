namespace Viddhana.Engine.Node;

/// <summary>What kind of trouble a call to a node ran into.</summary>
public enum RpcErrorKind
{
    /// <summary>The node answered with a JSON-RPC error: see <see cref="RpcError.Code"/>.</summary>
    Rpc,

    /// <summary>No connection: nothing listens there, no route, the name does not resolve.</summary>
    Unreachable,

    /// <summary>No complete answer within the time allowed. The node may or may not have acted on the call.</summary>
    TimedOut,

    /// <summary>The connection broke before the answer was complete. The node may or may not have acted on the call.</summary>
    Broken,

    /// <summary>Wrong user or password, an unreadable cookie file, or an address the node does not allow.</summary>
    Unauthorized,

    /// <summary>Something answers there, but it is not the RPC port of a node.</summary>
    NotANode,

    /// <summary>The node's work queue is full (HTTP 503).</summary>
    Busy,
}

/// <summary>Why a call gave no result. A value, not an exception: every caller has to decide what it means.</summary>
/// <param name="Kind">What kind of trouble.</param>
/// <param name="Code">The JSON-RPC code where <paramref name="Kind"/> is Rpc, otherwise the HTTP status or 0.</param>
/// <param name="Message">One line for the operator; names the node, never a secret.</param>
public sealed record RpcError(RpcErrorKind Kind, int Code, string Message)
{
    /// <summary>-1: what the node has no code of its own for; here a template that it cannot build, or a call it does not know.</summary>
    public const int Misc = -1;

    /// <summary>-8: a wrong parameter; of getblocktemplate: rules are missing.</summary>
    public const int InvalidParameter = -8;

    /// <summary>-9: the node has no peers.</summary>
    public const int NotConnected = -9;

    /// <summary>-10: initial block download.</summary>
    public const int InitialDownload = -10;

    /// <summary>-22: the bytes of the block cannot be parsed.</summary>
    public const int Deserialization = -22;

    /// <summary>-27: the node has the block already.</summary>
    public const int AlreadyInChain = -27;

    /// <summary>-28: the node is starting.</summary>
    public const int WarmingUp = -28;

    /// <summary>-32601: no such method.</summary>
    public const int MethodNotFound = -32601;

    /// <summary>True when the node did answer, with a JSON-RPC error.</summary>
    public bool IsRpc => Kind == RpcErrorKind.Rpc;

    /// <summary>True for a JSON-RPC error with this code.</summary>
    public bool Is(int code) => Kind == RpcErrorKind.Rpc && Code == code;

    /// <summary>The same trouble again, whatever the wording: such errors are logged once.</summary>
    public bool IsSameAs(RpcError? other) => other is not null && other.Kind == Kind && other.Code == Code;
}
