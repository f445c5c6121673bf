using System.Net;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Shares;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Published;

namespace Viddhana.Backoffice.Engines;

/// <summary>What an operator asks for.</summary>
/// <param name="Kind">address, account or worker.</param>
/// <param name="Target">An address or range, an account, or <c>account.worker</c>.</param>
/// <param name="Reason">What the miner is told.</param>
/// <param name="Seconds">How long; or <paramref name="ExpiresAt"/>; neither: until it is lifted.</param>
/// <param name="ExpiresAt">Until when.</param>
public sealed record BanOrder(string? Kind, string? Target, string? Reason, long? Seconds, DateTimeOffset? ExpiresAt)
{
    private const long SecondsMax = 10L * 365 * 86_400;
    private const int WidestIPv4 = 8;
    private const int WidestIPv6 = 16;
    private const int AddressMin = 26;

    /// <summary>The ban, its target in the one form that is compared; or null with the problem.</summary>
    /// <param name="pools">Whose trusted balancers are not to be banned.</param>
    /// <param name="now">The present.</param>
    /// <param name="problem">What is wrong and what is allowed.</param>
    internal Ban? Check(IEnumerable<PoolConfig> pools, DateTimeOffset now, out IResult? problem)
    {
        problem = null;
        if (BanStore.KindOf(Kind) is not { } kind) return No(out problem, "ban-kind", "kind must be one of: address, account, worker");
        if (Reason is null || !Ban.IsReason(Reason))
            return No(
                out problem,
                "ban-reason",
                $"reason is what the miner is told: 1 to {Ban.ReasonMax} printable ASCII characters without quotes and backslashes");
        if (!TryExpiry(now, out var expires, out problem)) return null;

        var target = kind == BanKind.Address ? RangeOf(pools, out problem) : NameOf(kind, out problem);
        return target is null ? null : new Ban(kind, target, Reason, expires);
    }

    private static Ban? No(out IResult problem, string code, string detail)
    {
        problem = Problems.Of(400, code, detail);
        return null;
    }

    private bool TryExpiry(DateTimeOffset now, out long utcMs, out IResult? problem)
    {
        (utcMs, problem) = (0, null);
        if (Seconds is null && ExpiresAt is null) return true;

        var isGood = (Seconds is null) != (ExpiresAt is null) && Seconds is null or (>= 1 and <= SecondsMax);
        var end = ExpiresAt ?? (isGood ? now.AddSeconds(Seconds!.Value) : now);
        isGood = isGood && end > now && end <= now.AddSeconds(SecondsMax);
        utcMs = end.ToUnixTimeMilliseconds();
        if (!isGood)
            No(
                out problem!,
                "ban-expiry",
                $"give seconds (1 to {SecondsMax}), or expiresAt (a time after now, at most ten years), or neither: "
                + "then it is lifted by hand");
        return isGood;
    }

    private string? RangeOf(IEnumerable<PoolConfig> pools, out IResult? problem)
    {
        problem = null;
        if (!AddressRange.TryParse(Target ?? "", out var range, out var error))
        {
            No(out problem!, "ban-target", $"target '{Problems.Shown(Target ?? "")}' {error}");
            return null;
        }

        var isIPv4 = range.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        if (range.PrefixLength < (isIPv4 ? WidestIPv4 : WidestIPv6))
        {
            No(out problem!, "ban-too-wide", $"a range may be as wide as /{WidestIPv4} for IPv4 and /{WidestIPv6} for IPv6");
            return null;
        }

        var balancers = pools.SelectMany(pool => pool.Ports).SelectMany(port => AddressRange.ParseAll(port.ProxyFrom));
        foreach (var balancer in balancers)
        {
            if (!Contains(balancer, range)) continue;
            No(
                out problem!,
                "ban-of-balancer",
                $"{range} is a trusted balancer's (pools[].ports[].proxy_from {balancer}): bans do not reach it; "
                + "ban the addresses it names");
            return null;
        }

        return range.PrefixLength == (isIPv4 ? 32 : 128) ? range.BaseAddress.ToString() : range.ToString();
    }

    private static bool Contains(IPNetwork outer, IPNetwork inner) =>
        outer.PrefixLength <= inner.PrefixLength && outer.Contains(inner.BaseAddress);

    // As engines credit it: Bech32 and stratum names in small letters; what is shorter than any address is a name.
    private string? NameOf(BanKind kind, out IResult? problem)
    {
        problem = null;
        var name = StratumName.Parse(Target ?? "");
        if (name.Account.Length < AddressMin) name = name with { Account = name.Account.ToLowerInvariant() };
        var hasWorker = (Target ?? "").Contains('.', StringComparison.Ordinal);
        var text = hasWorker ? $"{name.Account}.{name.Worker}" : name.Account;
        var isWhole = name.Account.Length > 0 && (!hasWorker || name.Worker.Length > 0);
        if (isWhole && hasWorker == (kind == BanKind.Worker) && Ban.IsTarget(text)) return text;

        var form = kind == BanKind.Worker
            ? "account.worker, as shares are credited"
            : "an account: an address or a stratum name, without a worker";
        No(
            out problem!,
            "ban-target",
            $"target '{Problems.Shown(Target ?? "")}' must be {form}; at most {Ban.TargetMax} printable ASCII characters without spaces");
        return null;
    }
}
