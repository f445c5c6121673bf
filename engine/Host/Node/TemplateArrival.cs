namespace Viddhana.Engine.Node;

/// <summary>A template that is fit to be mined. Valid only during the callback, unless its bytes are taken: they are rented.</summary>
public sealed class TemplateArrival
{
    private readonly RpcReply _reply;

    internal TemplateArrival(RpcReply reply) => _reply = reply;

    /// <summary>The raw JSON of getblocktemplate's <c>result</c>, UTF-8. Read it before the callback returns.</summary>
    public ReadOnlyMemory<byte> Json => _reply.ResultMemory;

    /// <summary>Keeps the bytes of <see cref="Json"/> as they are beyond the callback, until what is returned is disposed.</summary>
    public IDisposable TakeBytes() => _reply.Take();

    /// <summary>True when it builds on another block than the template before it: earlier work is stale.</summary>
    public required bool TipChanged { get; init; }

    /// <summary>Which node gave it, <c>host:port</c>.</summary>
    public required string Node { get; init; }

    /// <summary>Height of the block to be made.</summary>
    public required int Height { get; init; }

    /// <summary>Block id it builds on, as nodes print it.</summary>
    public required string PrevHash { get; init; }
}
