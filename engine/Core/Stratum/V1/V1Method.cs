namespace Viddhana.Core.Stratum.V1;

/// <summary>What a client asks for.</summary>
internal enum V1Method : byte
{
    Unknown,
    Submit,
    Configure,
    Subscribe,
    Authorize,
    SuggestDifficulty,
    SuggestTarget,
    ExtranonceSubscribe,
    GetTransactions,
    MultiVersion,
    Ping,
    Term,

    /// <summary>Answered with true; nothing follows from it.</summary>
    Agreed,

    /// <summary>An answer in the form of a request (<c>pong</c>): no answer, no penalty.</summary>
    Silent,
}

/// <summary>Names of methods.</summary>
internal static class V1Methods
{
    /// <summary>The method a message asks for.</summary>
    public static V1Method Of(in V1Reader message)
    {
        var method = message.Method;
        if (message.Is(method, "mining.submit"u8)) return V1Method.Submit;
        if (message.Is(method, "mining.subscribe"u8)) return V1Method.Subscribe;
        if (message.Is(method, "mining.configure"u8)) return V1Method.Configure;
        if (message.Is(method, "mining.suggest_difficulty"u8)) return V1Method.SuggestDifficulty;
        if (message.Is(method, "mining.suggest_target"u8)) return V1Method.SuggestTarget;
        if (message.Is(method, "mining.extranonce.subscribe"u8)) return V1Method.ExtranonceSubscribe;
        if (message.Is(method, "mining.multi_version"u8)) return V1Method.MultiVersion;
        if (message.Is(method, "mining.ping"u8)) return V1Method.Ping;
        if (message.Is(method, "mining.term"u8)) return V1Method.Term;
        if (IsSilent(message)) return V1Method.Silent;
        return IsAgreed(message) ? V1Method.Agreed : OfPrefix(message);
    }

    private static bool IsSilent(in V1Reader message) =>
        message.Is(message.Method, "pong"u8) || message.Is(message.Method, "mining.pong"u8);

    private static bool IsAgreed(in V1Reader message) =>
        message.Is(message.Method, "mining.capabilities"u8)
        || message.Is(message.Method, "mining.hashrate"u8)
        || message.Is(message.Method, "eth_submitHashrate"u8)
        || message.Is(message.Method, "alph_submitHashrate"u8);

    // Some clients put the parameters into the method: mining.suggest_difficulty(1000), mining.get_transactions(jobid).
    private static V1Method OfPrefix(in V1Reader message)
    {
        Span<byte> scratch = stackalloc byte[V1Text.Max];
        var text = message.Text(message.Method, scratch);
        if (text.StartsWith("mining.auth"u8)) return V1Method.Authorize;
        if (text.StartsWith("mining.get_transactions"u8) || text.StartsWith("mining.get_txnhashes"u8)) return V1Method.GetTransactions;
        return text.StartsWith("mining.suggest_difficulty("u8) ? V1Method.SuggestDifficulty : V1Method.Unknown;
    }
}
