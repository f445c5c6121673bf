using System.Text;
using System.Text.Json;
using Viddhana.Contracts;

namespace Viddhana.Engine.Node;

/// <summary>The getblocktemplate calls of one coin.</summary>
internal sealed class TemplateCalls
{
    private const string Method = "getblocktemplate";

    private readonly string _rules;
    private readonly byte[] _proposalStart;
    private readonly byte[] _proposalEnd;

    public TemplateCalls(CoinDefinition coin)
    {
        _rules = $"\"rules\":[{string.Join(',', coin.TemplateRules.Select(rule => $"\"{JsonEncodedText.Encode(rule)}\""))}]";
        Template = RpcRequest.Of(Method, $"[{{{_rules}}}]");
        _proposalStart = Encoding.UTF8.GetBytes($"[{{\"mode\":\"proposal\",{_rules},\"data\":\"");
        _proposalEnd = "\"}]"u8.ToArray();
    }

    /// <summary>A template at once.</summary>
    public RpcRequest Template { get; }

    /// <summary>A template when the tip is no longer that of <paramref name="longPollId"/>.</summary>
    public RpcRequest LongPoll(string longPollId) =>
        RpcRequest.Of(Method, $"[{{{_rules},\"longpollid\":\"{JsonEncodedText.Encode(longPollId)}\"}}]");

    /// <summary>Would this block be valid?</summary>
    public RpcRequest Proposal(ReadOnlyMemory<byte> blockHex) => new(Method, _proposalStart, blockHex, _proposalEnd);

    /// <summary>The node answered getblocktemplate with something else.</summary>
    public static RpcError NotATemplate(string node) =>
        new(RpcErrorKind.NotANode, 0, $"{node}: getblocktemplate gives something that is not a template");

    /// <summary>What an error of getblocktemplate means for the operator.</summary>
    public static string Explain(RpcError error)
    {
        if (!error.IsRpc) return error.Message;

        var advice = error.Code switch
        {
            RpcError.NotConnected => "the node has no peers yet",
            RpcError.InitialDownload => "the node is in initial block download",
            RpcError.WarmingUp => "the node is starting",
            RpcError.MethodNotFound => "this node has no getblocktemplate: is it a full node of the right coin?",
            RpcError.InvalidParameter => "the node wants other rules than the coin's template_rules: is it a node of the right coin?",
            RpcError.Misc when error.Message.Contains("bad-txns-vin-empty", StringComparison.Ordinal) =>
                "the first MWEB block needs a peg-in: templates come back when one is in the mempool",
            _ => null,
        };
        return advice is null ? error.Message : $"{error.Message}; {advice}";
    }

    /// <summary>What a node is good for after this error of getblocktemplate.</summary>
    public static NodeCondition ConditionAfter(RpcError error) => error switch
    {
        { Kind: RpcErrorKind.Unauthorized } => NodeCondition.LoggedOut,
        { IsRpc: true, Code: RpcError.WarmingUp } => NodeCondition.WarmingUp,
        { IsRpc: true, Code: RpcError.InitialDownload } => NodeCondition.Syncing,
        { IsRpc: true } or { Kind: RpcErrorKind.TimedOut or RpcErrorKind.Busy } => NodeCondition.NoTemplate,
        _ => NodeCondition.Down,
    };
}
