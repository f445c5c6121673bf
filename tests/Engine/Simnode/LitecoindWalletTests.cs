using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Simnode;

/// <summary>The same contract, kept by a real litecoind: proof that it says what wallets do.</summary>
[Category("Litecoind")]
public sealed class LitecoindWalletTests : WalletContract
{
    private LitecoinNode _node = null!;

    private protected override async Task<NodeRpc> Start()
    {
        // litecoind relays no replacement unless told to; Bitcoin Core always does.
        _node = await LitecoinNode.Start(more: "-mempoolreplacement=1");
        return _node.Rpc;
    }

    private protected override async Task<NodeRpc> Restart()
    {
        await _node.Stop();
        await _node.Begin();
        return _node.Rpc;
    }

    protected override async Task Stop() => await _node.DisposeAsync();
}
