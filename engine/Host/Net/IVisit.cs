namespace Viddhana.Engine.Net;

/// <summary>Something to be done with every connection, on its loop.</summary>
internal interface IVisit
{
    /// <summary>One connection, which may be closed by it.</summary>
    void Visit(MinerConnection connection, Core.Now now);

    /// <summary>A loop is through.</summary>
    void LoopIsDone();
}
