"""投标文件制作工具 ``sealbridge-bid``: from the company's record to the receipt, on the bidder's own PC.

A bid lives in a project folder. Every step is a function of that folder and the trading centre, used by the
command line and by the local page alike; whatever ends the program, the next start goes on from there.

    sealbridge-bid new 沂河路 --centre https://trade.example.cn --tender LY2026-0112
    cd 沂河路 && sealbridge-bid certify && sealbridge-bid record
    sealbridge-bid add 技术标.pdf --seal && sealbridge-bid say 投标报价=3,000,000元
    sealbridge-bid seal && sealbridge-bid make && sealbridge-bid check
    sealbridge-bid upload && sealbridge-bid receipt

Plain files leave the PC for sealing alone, and only where the person asks for it; bids leave it encrypted.
"""
