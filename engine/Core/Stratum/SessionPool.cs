using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Core.Jobs;

namespace Viddhana.Core.Stratum;

/// <summary>What all sessions of one pool share. Immutable, safe from several loops at once.</summary>
/// <param name="coin">The coin.</param>
/// <param name="network">Its network: decides which addresses are accounts.</param>
/// <param name="extranonce2Size">Bytes of extranonce2, 4 to 8.</param>
/// <param name="currentJob">The job a new miner starts with (the job store's current one); null while there is none.</param>
/// <param name="limits">Limits of connections and messages.</param>
public sealed class SessionPool(
    CoinDefinition coin, CoinNetwork network, int extranonce2Size, Func<Job?> currentJob, LimitsConfig limits)
{
    /// <summary>The coin.</summary>
    public CoinDefinition Coin { get; } = coin;

    /// <summary>Bytes of extranonce2.</summary>
    public int Extranonce2Size { get; } = extranonce2Size;

    /// <summary>Limits of connections and messages.</summary>
    public LimitsConfig Limits { get; } = limits;

    /// <summary>The job a new miner starts with, or null.</summary>
    public Job? CurrentJob => currentJob();

    /// <summary>
    /// The one name of the account that a miner calls <c>name</c>, or null when there is none: by default addresses of the network, with Bech32
    /// in lower case. Must not block. Host may put a list of stratum names in front of it.
    /// </summary>
    public Func<string, string?> ResolveAccount { get; init; } = name => AddressAccount(name, network);

    /// <summary>The account name of an address: the address as typed, Bech32 in lower case; null if it is no address of the network.</summary>
    public static string? AddressAccount(string address, CoinNetwork network)
    {
        if (!AddressCodec.TryDecode(address, network, out var script, out _)) return null;

        var lower = address.ToLowerInvariant();
        return AddressCodec.FromScript(script, network) == lower ? lower : address;
    }
}
