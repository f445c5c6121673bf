using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Simnode;

/// <summary>The wallet contract, kept by the simulated node.</summary>
public sealed class SimnodeWalletTests : WalletContract
{
    private TemporaryFolder _folder = null!;
    private StartedSimnode _node = null!;

    private protected override Task<NodeRpc> Start()
    {
        _folder = new TemporaryFolder();
        return Open();
    }

    private protected override async Task<NodeRpc> Restart()
    {
        await _node.DisposeAsync();
        return await Open();
    }

    protected override async Task Stop()
    {
        await _node.DisposeAsync();
        _folder.Dispose();
    }

    private Task<NodeRpc> Open()
    {
        _node = StartedSimnode.Start(StartedSimnode.Settings(_folder.Path, transactions: 0));
        return Task.FromResult(_node.Rpc);
    }
}
