namespace Viddhana.Miner.Stratum;

/// <summary>What a <see cref="StratumClient"/> tells its owner. Called while it reads a line.</summary>
internal interface IStratumEvents
{
    /// <summary>The pool took the user name.</summary>
    void OnAuthorized();

    /// <summary>The pool refused to subscribe or authorise.</summary>
    void OnRefused(string reason);

    /// <summary>There is new work.</summary>
    void OnJob(StratumJob job);

    /// <summary>The version bits that may be rolled have changed, for work already here too.</summary>
    void OnVersionMask();

    /// <summary>A share was answered.</summary>
    void OnAnswer(in SubmittedShare share, in ShareAnswer answer);

    /// <summary>A message for people: <c>client.show_message</c>, or something of ours about the conversation.</summary>
    void OnMessage(string text);

    /// <summary>The pool asks to connect again.</summary>
    /// <param name="host">Another host, or null.</param>
    /// <param name="port">Another port, or null.</param>
    /// <param name="waitSeconds">How long to wait first.</param>
    void OnReconnect(string? host, int? port, int waitSeconds);

    /// <summary>The pool said something that cannot be understood; the connection is worth nothing.</summary>
    void OnBroken(string reason);
}
