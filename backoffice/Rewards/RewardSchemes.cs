using System.Collections.Frozen;

namespace Viddhana.Backoffice.Rewards;

/// <summary>Every reward scheme. A new one is one file beside this and one line here.</summary>
public static class RewardSchemes
{
    /// <summary>By name in the configuration.</summary>
    public static readonly FrozenDictionary<string, IRewardScheme> ByName = new IRewardScheme[]
    {
        new Pplns(),
        new Solo(),
    }.ToFrozenDictionary(scheme => scheme.Name, StringComparer.Ordinal);
}
