using System.Collections.Frozen;
using Viddhana.Core.Chains.Bitcoin;

namespace Viddhana.Core.Chains;

/// <summary>Every chain family the engine knows. A new one is one folder beside this file and one line here.</summary>
public static class Chains
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<IChain> All { get; } = [new BitcoinChain()];

    /// <summary>By the name that coin definitions use.</summary>
    public static FrozenDictionary<string, IChain> ByName { get; } = All.ToFrozenDictionary(chain => chain.Name, StringComparer.Ordinal);
}
