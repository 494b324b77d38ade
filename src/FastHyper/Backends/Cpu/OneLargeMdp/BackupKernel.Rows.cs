using FastHyper.Backends.Cpu.Common;
using FastHyper.Backends.Cpu.SlicedEll;

namespace FastHyper.Backends.Cpu.OneLargeMdp;

/// <content>What a backup writes of each action: Q, the new policy, shaped rewards, P_π.</content>
internal unsafe partial struct BackupKernel<TLane, T>
{
    private readonly void Map(int first, int last, TLane* q)
    {
        int actions = P.Members;
        TLane temperature = TLane.Broadcast(Temperature);
        TLane inverse = TLane.Broadcast(InverseTemperature);
        for (int slice = first; slice < last; slice++)
        {
            for (int lane = 0; lane < Height; lane += 2 * TLane.Width)
            {
                Backup(slice, lane, q, out _, out _);
                if (Output == MapOutput.Shaped)
                {
                    StoreShaped(((long)slice * Height) + lane, q);
                    continue;
                }

                long at = ((long)slice * Height) + lane;
                T* row = Rows + at;
                for (int r = 0; r < 2; r++)
                {
                    TLane* own = q + (r * actions);
                    if (Output == MapOutput.LeaderActionValues)
                    {
                        int answers = actions / LeaderActions;
                        for (int a = 0; a < LeaderActions; a++)
                            TLane.Store(
                                row + (a * RowAction) + (r * TLane.Width), SoftMaximum.Value<TLane,
                                T>(own + (a * answers), answers, temperature, inverse));
                        continue;
                    }

                    if (Output == MapOutput.Policy && LeaderShares is not null) Mixed(at + (r * TLane.Width), own, temperature, inverse);
                    else if (Output == MapOutput.Policy) SoftMaximum.Apply<TLane, T>(own, actions, temperature, inverse);
                    for (int a = 0; a < actions; a++) TLane.Store(row + (a * RowAction) + (r * TLane.Width), own[a]);
                }
            }
        }
    }

    private readonly void StoreShaped(long s, TLane* q)
    {
        int actions = P.Members;
        TLane v0 = TLane.Load(From + s), v1 = TLane.Load(From + s + TLane.Width);
        float* to = NarrowRows + s;
        for (int a = 0; a < actions; a++, to += RowAction)
        {
            TLane.StoreNarrow(to, q[a] - v0);
            TLane.StoreNarrow(to + TLane.Width, q[actions + a] - v1);
        }
    }

    private readonly void StorePolicy(long s, TLane* policy)
    {
        int actions = P.Members;
        float* to = NarrowRows + s;
        for (int a = 0; a < actions; a++, to += RowAction)
        {
            TLane.StoreNarrow(to, policy[a]);
            TLane.StoreNarrow(to + TLane.Width, policy[actions + a]);
        }
    }

    /// <summary>P_π of the groups that two registers hold, from the policy in <paramref name="policy"/>.</summary>
    private readonly void Merge(int slice, int lane, TLane* policy)
    {
        int actions = P.Members;
        SliceMember* members = P.MemberTable + ((long)slice * actions);
        SliceMember row = Response!.Matrix.MemberTable[slice];
        byte* slots = Response.Slots + Response.Begins[slice];
        float* target = Response.Matrix.High + ((long)row.Values * Height) + lane;
        float* high = P.High;
        // That P_π follows a pattern does not tell that its actions do.
        bool patterned = true;
        for (int a = 0; a < actions; a++) patterned &= members[a].Form == ColumnForm.Shift;
        if (patterned)
        {
            TLane* sums = policy + (2 * actions);
            for (int j = 0; j < 2 * row.Width; j++) sums[j] = TLane.Constant(0);
            for (int a = 0; a < actions; a++)
            {
                float* h = high + ((long)members[a].Values * Height) + lane;
                TLane p0 = policy[a], p1 = policy[actions + a];
                for (int k = 0; k < members[a].Width; k++, h += Height)
                {
                    TLane* sum = sums + (2 * *slots++);
                    sum[0] = TLane.MultiplyAdd(p0, TLane.LoadNarrow(h), sum[0]);
                    sum[1] = TLane.MultiplyAdd(p1, TLane.LoadNarrow(h + TLane.Width), sum[1]);
                }
            }

            for (int j = 0; j < row.Width; j++, target += Height)
            {
                TLane.StoreNarrow(target, sums[2 * j]);
                TLane.StoreNarrow(target + TLane.Width, sums[(2 * j) + 1]);
            }

            return;
        }

        float* shares = stackalloc float[2 * TLane.Width];
        for (int j = 0; j < row.Width; j++) new Span<float>(target + (j * Height), 2 * TLane.Width).Clear();
        int at = 0;
        for (int a = 0; a < actions; a++)
        {
            TLane.StoreNarrow(shares, policy[a]);
            TLane.StoreNarrow(shares + TLane.Width, policy[actions + a]);
            float* h = high + ((long)members[a].Values * Height) + lane;
            for (int k = 0; k < members[a].Width; k++, at++, h += Height)
            {
                byte* slot = slots + (at * Height) + lane;
                for (int j = 0; j < 2 * TLane.Width; j++) target[(slot[j] * Height) + j] += shares[j] * h[j];
            }
        }
    }
}
